// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import java.nio.ByteBuffer;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.SharedMemory;
import vfio.core.device.MemoryRegion;
import vfio.pci.core.Opening;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.PciDeviceId;

/** A driver that wires signals of its own around the user's, and adds memory of its own class, as its settings say. */
public final class RelayingDriver implements PciDriver {
    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        return new Operations(device);
    }

    private static final class Operations extends VfioPciOperations {
        private Operations(VfioPciDevice device) {
            super(device);
        }

        @Override
        protected void openDevice(Opening opening) {
            if (device().setting("memory").isPresent()) {
                opening.addRegion(VfioPciDevice.PCI_VENDOR_TYPE | 0x8086, 1,
                        new MemoryRegion(new Own(SharedMemory.ofProcess(4096))));
            }
        }

        private EventSignal relay(EventSignal users) {
            return users == null || device().setting("relay").isEmpty() ? users : users::signal;
        }

        @Override
        public int setIrqs(IrqRequest request) {
            return request.data() != IrqRequest.DATA_EVENTFD ? super.setIrqs(request)
                    : super.setIrqs(IrqRequest.of(request.flags(), request.index(), request.start(), request.count(),
                            new boolean[0], request.signals().stream().map(this::relay).toArray(EventSignal[]::new)));
        }

        @Override
        public void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
            super.ioEvent(region, offset, width, value, relay(signal));
        }
    }

    private record Own(SharedMemory memory) implements SharedMemory {
        @Override
        public long size() {
            return memory.size();
        }

        @Override
        public ByteBuffer window(int index) {
            return memory.window(index);
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
