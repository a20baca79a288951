// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceKeyTest {
    private static final String MODALIAS = "pci:v000015B3d0000101Esv000015B3sd00000004bc02sc00i00";

    @Test
    void readsTheModaliasOfSysfs() {
        DeviceKey key = DeviceKey.parse(MODALIAS);
        assertEquals(new DeviceKey(0x15b3, 0x101e, 0x15b3, 4, 0x020000), key);
        assertEquals(MODALIAS, key.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "pci:", "vfio_pci:v000015B3d0000101Esv000015B3sd00000004bc02sc00i00",
        "pci:v000015B3d0000101Esv000015B3sd00000004bc02sc00i00\n", "pci:v000015b3d0000101Esv000015B3sd00000004bc02sc00i00",
        "pci:v000015B3d0000101Esv000015B3sd00000004bc02sc00i0", "pci:v*d0000101Esv000015B3sd00000004bc02sc00i00",
        "pci:v000115B3d0000101Esv000015B3sd00000004bc02sc00i00", "pci:vFFFFFFFFd0000101Esv000015B3sd00000004bc02sc00i00",
        "usb:v000015B3d0000101Esv000015B3sd00000004bc02sc00i00"})
    void refusesEverythingElse(String text) {
        assertThrows(IllegalArgumentException.class, () -> DeviceKey.parse(text));
    }

    @Property(edgeCases = EdgeCasesMode.NONE)
    void printedReadsBack(@ForAll @IntRange(max = 0xffff) int vendor, @ForAll @IntRange(max = 0xffff) int device,
            @ForAll @IntRange(max = 0xffff) int subvendor, @ForAll @IntRange(max = 0xffff) int subdevice,
            @ForAll @IntRange(max = 0xffffff) int classCode) {
        DeviceKey key = new DeviceKey(vendor, device, subvendor, subdevice, classCode);
        assertEquals(key, DeviceKey.parse(key.toString()));
    }
}
