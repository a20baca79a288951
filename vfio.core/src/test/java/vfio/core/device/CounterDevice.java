// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.List;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.core.info.IrqInfo;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationOperations;
import vfio.core.migration.ReferenceMigration;

/**
 * A device on no bus at all: one region with a register that counts what is written to it, one interrupt at each overflow
 * of a byte, a reset, and migration of the count. Its driver needs nothing but this package.
 */
final class CounterDevice extends VfioOperations {
    static final int SIZE = 16;

    private final ReferenceMigration state = new ReferenceMigration(new MigrationFlags(false, true));
    private volatile EventSignal overflow;

    @Override
    public void closeDevice() {
        overflow = null;
        state.afterReset();
    }

    @Override
    public DeviceInfo info() {
        return new DeviceInfo(DeviceInfo.RESET | DeviceInfo.PLATFORM, 1, 1, List.of(new InfoCapability(7, 1, (byte) 42)));
    }

    @Override
    public RegionOperations region(int index) {
        return new Registers();
    }

    @Override
    public IrqInfo irqInfo(int index) {
        return index == 0 ? new IrqInfo(0, IrqInfo.EVENTFD, 1) : super.irqInfo(index);
    }

    @Override
    public int setIrqs(IrqRequest request) {
        if (request.action() != IrqRequest.ACTION_TRIGGER) {
            throw request.refused(Errno.ENOTTY, "the overflow cannot be masked");
        }
        if (request.data() == IrqRequest.DATA_EVENTFD) {
            overflow = request.signal(0);
        } else if (request.count() == 0) {
            overflow = null;
        } else {
            fire();
        }
        return 0;
    }

    private void fire() {
        EventSignal wired = overflow;
        if (wired != null) {
            wired.signal();
        }
    }

    @Override
    public void reset() {
        state.afterReset();
    }

    @Override
    public MigrationOperations migration() {
        return state;
    }

    /** Register 0 is the count, which writes add to; the others are 0. */
    private final class Registers implements RegionOperations {
        @Override
        public long size() {
            return SIZE;
        }

        @Override
        public long read(long position, int width) {
            return position < Long.BYTES ? state.value >>> Byte.SIZE * position : 0;
        }

        @Override
        public void write(long position, int width, long value) {
            synchronized (state) {
                long before = state.value;
                state.value = before + value;
                if (before >>> Byte.SIZE != state.value >>> Byte.SIZE) {
                    fire();
                }
            }
        }
    }
}
