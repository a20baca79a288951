// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RegionTypeTest {
    private static final int INTEL = RegionType.PCI_VENDOR | 0x8086;

    /** Type and subtype as they come in the answer of GET_REGION_INFO. */
    private static List<Integer> told(int type, int subtype) {
        RegionType region = new RegionType(type, subtype);
        RegionInfo info = new RegionInfo(9, RegionInfo.READ, 4096, 9L << 40, List.of(region.capability()));
        ByteBuffer bytes = info.encode(64);
        assertEquals(Optional.of(region), RegionType.of(RegionInfo.decode(bytes)));
        int at = bytes.getInt(12);
        assertEquals(2, bytes.getInt(at) & 0xffff, "id");
        return List.of(bytes.getInt(at + 8), bytes.getInt(at + 12));
    }

    @Test
    @Tag("C3-29")
    void typesOfTheKernel() {
        assertEquals(List.of(1, 1), told(RegionType.GFX, RegionType.GFX_EDID));
        assertEquals(List.of(2, 0), told(RegionType.CCW, 0));
        assertEquals(List.of(3, 1), told(RegionType.MIGRATION_DEPRECATED, RegionType.MIGRATION));
    }

    @Test
    @Tag("C3-30")
    void subtypesOfIntel() {
        assertEquals(List.of(0x80008086, 1), told(INTEL, RegionType.IGD_OPREGION));
        assertEquals(List.of(0x80008086, 2), told(INTEL, RegionType.IGD_HOST_CFG));
        assertEquals(List.of(0x80008086, 3), told(INTEL, RegionType.IGD_LPC_CFG));
    }

    @Test
    void fixedRegionHasNoType() {
        assertEquals(Optional.empty(), RegionType.of(new RegionInfo(0, 3, 4096, 0, List.of())));
        InfoCapability cut = new InfoCapability(RegionInfo.CAP_TYPE, 1, new byte[7]);
        assertEquals(Optional.empty(), RegionType.of(new RegionInfo(9, 3, 4096, 0, List.of(cut))));
    }
}
