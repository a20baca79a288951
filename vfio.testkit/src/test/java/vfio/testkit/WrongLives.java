// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import vfio.core.Errno;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.DriverState;
import vfio.pci.core.Opening;
import vfio.pci.core.PciBinding;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.id.PciAddress;

/** Drivers that are wrong in one point of their life. */
final class WrongLives {
    private static final int COMMAND = 4;
    private static final CountDownLatch NEVER = new CountDownLatch(1);
    private static final Set<PciAddress> CLAIMED = new HashSet<>();
    private static final List<PciBinding> KEPT = new ArrayList<>();

    private WrongLives() {
    }

    private static void hang() {
        try {
            NEVER.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static PciBinding claims(VfioPciDevice device) {
        synchronized (CLAIMED) {
            if (!CLAIMED.add(device.address())) {
                throw new VfioException(Errno.EBUSY, "probe " + device + ": it is taken");
            }
        }
        return new Sound(device);
    }

    static PciBinding kept(VfioPciDevice device) {
        Sound sound = new Sound(device);
        KEPT.add(sound);
        return sound;
    }

    static final class OpensOnce extends Sound {
        private boolean closed;

        OpensOnce(VfioPciDevice device) {
            super(device);
        }

        @Override
        protected void openDevice(Opening opening) {
            if (closed) {
                throw new IllegalStateException("closed");
            }
            super.openDevice(opening);
        }

        @Override
        public void closeDevice() {
            closed = true;
            super.closeDevice();
        }
    }

    static final class StaysBusMaster extends Sound {
        StaysBusMaster(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void closeDevice() {
            super.closeDevice();
            device().function().config().write(COMMAND, 2, 6);
        }
    }

    static final class KeepsItsThread extends Sound {
        KeepsItsThread(VfioPciDevice device) {
            super(device);
        }

        @Override
        protected void openDevice(Opening opening) {
            super.openDevice(opening);
            thread("forgotten");
        }
    }

    static final class StartsTooEarly extends Sound {
        private Thread early;

        StartsTooEarly(VfioPciDevice device) {
            super(device);
        }

        @Override
        protected void openDevice(Opening opening) {
            early = thread("too early");
            super.openDevice(opening);
        }

        @Override
        public void handedOver() {
            early.interrupt();
            super.handedOver();
        }
    }

    static final class StartsInProbe extends Sound {
        StartsInProbe(VfioPciDevice device) {
            super(device);
            thread("of probe");
        }
    }

    static final class LeavesRegisters extends Sound {
        LeavesRegisters(VfioPciDevice device) {
            super(device);
            ConfigSpace config = device.function().config();
            if (config.read(0x3c, 1) != 7) { // else another version is at work with it
                config.write(0x3c, 1, 7);
            }
        }
    }

    static final class RemoveThrows extends Sound {
        RemoveThrows(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void remove() {
            throw new IllegalStateException("nothing to remove");
        }
    }

    static final class OpensTwice extends Sound {
        private boolean again;
        private boolean takingOver;

        OpensTwice(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void takeOver(DriverState state) {
            takingOver = true;
            super.takeOver(state);
        }

        @Override
        protected void openDevice(Opening opening) {
            if (takingOver) {
                super.openDevice(opening);
            } else if (!again) {
                again = true;
                openDevice();
                again = false;
                super.openDevice(opening);
            }
        }
    }

    static final class RequestHangs extends Sound {
        RequestHangs(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void request(int count) {
            super.request(count);
            hang();
        }
    }

    static final class RequestIsSilent extends Sound {
        RequestIsSilent(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void request(int count) {
            // forgotten: super.request(count)
        }
    }

    static final class CloseHangsAfterRequest extends Sound {
        private volatile boolean requested;

        CloseHangsAfterRequest(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void request(int count) {
            requested = true;
            super.request(count);
        }

        @Override
        public void closeDevice() {
            super.closeDevice();
            if (requested) {
                hang();
            }
        }
    }

    /** Thinks that users give their vectors back. */
    static final class TrustsItsUsers extends Sound {
        private volatile boolean wired;

        TrustsItsUsers(VfioPciDevice device) {
            super(device);
        }

        @Override
        public int setIrqs(IrqRequest request) {
            if (request.index() == 1 || request.index() == 2) {
                wired = request.count() > 0;
            }
            return super.setIrqs(request);
        }

        @Override
        public void closeDevice() {
            if (!wired) {
                super.closeDevice();
            }
        }
    }

    static final class WorksOn extends Sound {
        WorksOn(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void remove() {
            ConfigSpace config = device().function().config();
            CompletableFuture.runAsync(() -> value = config.read(0, 4),
                    CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS));
        }
    }
}
