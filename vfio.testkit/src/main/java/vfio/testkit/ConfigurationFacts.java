// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_0;
import static vfio.pci.core.id.PciRegisters.CLASS_REVISION;
import static vfio.pci.core.id.PciRegisters.VENDOR_ID;
import static vfio.testkit.Facts.refusal;
import static vfio.testkit.Facts.require;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Region;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.RegionIndex;

/** Configuration space as users see it: region 7. */
interface ConfigurationFacts extends Facts {
    String WRAP = "take super.region(7) and delegate to it what is not yours, or claim bytes by opening.claimConfig";

    @Test
    default void usersReadTheFunctionsIds() {
        try (DeviceHandle handle = open()) {
            Region config = handle.region(RegionIndex.CONFIG);
            DeviceKey key = rig().function().key();
            int ids = config.read32(VENDOR_ID);
            require(ids == (key.device() << 16 | key.vendor()), "users read vendor and device %04x:%04x"
                    .formatted(ids & 0xffff, ids >>> 16), WRAP);
            int classCode = config.read32(CLASS_REVISION) >>> 8;
            require(classCode == key.classCode(), "users read class %06x of a function of class %06x"
                    .formatted(classCode, key.classCode()), WRAP);
        }
    }

    @Test
    default void barsAreSizedAsTheirRegionsAre() {
        try (DeviceHandle handle = open()) {
            Region config = handle.region(RegionIndex.CONFIG);
            for (Bar bar : rig().function().bars()) {
                long region = handle.regionInfo(bar.index()).size();
                long decoded = Long.highestOneBit(region) == region ? region : Long.highestOneBit(region) << 1;
                long sized = sized(config, bar);
                require(sized == decoded, "BAR " + bar.index() + " sizes to " + sized + " bytes and its region has "
                        + region,
                        "a BAR decodes the next power of two of its region; " + WRAP);
            }
        }
    }

    /** What a guest learns by writing all ones; the BAR is left as it was. */
    private static long sized(Region config, Bar bar) {
        int at = BASE_ADDRESS_0 + 4 * bar.index();
        long low = ones(config, at) & (bar.io() ? ~3L : ~15L);
        long high = bar.wide() ? ones(config, at + 4) : 0;
        return Long.lowestOneBit(high << 32 | low & 0xffff_ffffL);
    }

    private static long ones(Region config, int at) {
        int before = config.read32(at);
        config.write32(at, -1);
        int sized = config.read32(at);
        config.write32(at, before);
        return sized & 0xffff_ffffL;
    }

    @Test
    default void readOnlyRegistersStayWhatTheyAre() {
        try (DeviceHandle handle = open()) {
            Region config = handle.region(RegionIndex.CONFIG);
            for (int at : new int[] {0x00, 0x01, 0x02, 0x03, 0x08, 0x09, 0x0a, 0x0b, 0x0e, 0x2c, 0x2d, 0x2e, 0x2f, 0x34}) {
                byte before = config.read8(at);
                config.write8(at, (byte) ~before);
                byte after = config.read8(at);
                require(after == before, "a user's write changed the read-only byte %02x of configuration space"
                        .formatted(at), "what opening.claimConfig serves users may write, so claim no read-only register; "
                        + "in a region of your own drop such writes");
            }
        }
    }

    @Test
    default void accessesOutsideConfigurationSpaceAreRefused() {
        try (DeviceHandle handle = open()) {
            Region config = handle.region(RegionIndex.CONFIG);
            long size = config.info().size();
            refused(() -> config.read32(size), "a read behind the end");
            refused(() -> config.read(size - 2, ByteBuffer.allocate(4)), "a read across the end");
            refused(() -> config.write(size - 2, ByteBuffer.allocate(4)), "a write across the end");
            refused(() -> config.read8(-1), "a read before the start");
        }
    }

    private static void refused(Runnable access, String what) {
        Errno answered = refusal(access);
        require(answered == Errno.EFAULT, what + " of configuration space was answered with " + answered
                + ", not with EFAULT",
                "delegate whole() and size() to super.region(7) where you wrap it");
    }
}
