// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DriverState;
import vfio.core.device.RegionOperations;
import vfio.pci.core.Opening;
import vfio.pci.core.VfioPciDevice;

/** Drivers that are wrong in one point of an exchange. */
final class WrongExchanges {
    private static final List<Sound> KEPT = new ArrayList<>();

    private WrongExchanges() {
    }

    static final class ForgetsItsParts extends Sound {
        ForgetsItsParts(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void takeOver(DriverState state) {
            value = state.number("value", 0); // forgotten: super.takeOver(state)
        }
    }

    static final class ForgetsItsState extends Sound {
        ForgetsItsState(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void takeOver(DriverState state) {
            super.takeOver(DriverState.of(1));
        }
    }

    /** Clears a register of the device for a user who has it open. */
    static final class ClearsARegister extends Sound {
        ClearsARegister(VfioPciDevice device) {
            super(device);
        }

        @Override
        protected void openDevice(Opening opening) {
            region(0).write(0, Integer.BYTES, 0);
            super.openDevice(opening);
        }
    }

    /** Answers a register of its own from what it does not hand over. */
    static final class ForgetsARegister extends Sound {
        private volatile long last;

        ForgetsARegister(VfioPciDevice device) {
            super(device);
        }

        @Override
        RegionOperations register() {
            return new Register(this) {
                @Override
                public long read(long position, int width) {
                    return position == Long.BYTES ? last : super.read(position, width);
                }

                @Override
                public void write(long position, int width, long written) {
                    super.write(position, width, written);
                    last = written;
                }
            };
        }
    }

    /** Knows whether it has handed over. */
    private abstract static class Handing extends Sound {
        volatile boolean handed;

        Handing(VfioPciDevice device) {
            super(device);
        }

        @Override
        public DriverState handOver(int version) {
            handed = true;
            return super.handOver(version);
        }
    }

    /** Thinks that who hands over has handed over. */
    static final class DoesNotStay extends Handing {
        DoesNotStay(VfioPciDevice device) {
            super(device);
        }

        @Override
        RegionOperations register() {
            return new Register(this) {
                @Override
                public long read(long position, int width) {
                    if (handed) {
                        throw new VfioException(Errno.EIO, "the next version has it");
                    }
                    return super.read(position, width);
                }
            };
        }
    }

    static final class KeepsItsThread extends Handing {
        KeepsItsThread(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void stay() {
            handed = false;
        }

        @Override
        public void handedOver() {
            if (!handed) {
                super.handedOver();
            }
        }
    }

    static final class StaysReachable extends Sound {
        StaysReachable(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void handedOver() {
            super.handedOver();
            if (value == 0) {
                KEPT.add(this);
            }
        }

        @Override
        public void closeDevice() {
            value = 1;
            super.closeDevice();
        }
    }
}
