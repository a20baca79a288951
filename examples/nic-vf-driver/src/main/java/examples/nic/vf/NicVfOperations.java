// SPDX-License-Identifier: Apache-2.0
package examples.nic.vf;

import examples.nic.api.NicCommands;
import java.util.function.Supplier;
import vfio.core.device.RegionOperations;
import vfio.pci.core.Opening;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

/** The operations of a VF: the core's, and a region more, which shows the VF's MAC address as the firmware has it. */
final class NicVfOperations extends VfioPciOperations {
    private static final int VENDOR = 0x1234;
    private static final int MAC = 1;

    private final Supplier<NicCommands> pf;

    NicVfOperations(VfioPciDevice device, Supplier<NicCommands> pf) {
        super(device);
        this.pf = pf;
    }

    @Override
    protected void openDevice(Opening opening) {
        NicCommands commands = pf.get();
        opening.addRegion(VfioPciDevice.PCI_VENDOR_TYPE | VENDOR, MAC, new RegionOperations() {
            @Override
            public long size() {
                return Long.BYTES;
            }

            @Override
            public long read(long position, int width) {
                long value = 0;
                byte[] mac = commands.macOf(device().address());
                for (int i = mac.length - 1; i >= 0; i--) {
                    value = value << Byte.SIZE | mac[i] & 0xff;
                }
                return value >>> Byte.SIZE * position;
            }

            @Override
            public void write(long position, int width, long value) {
                // the address is the firmware's
            }
        });
    }
}
