// SPDX-License-Identifier: Apache-2.0
package vfio.core.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpellingTest {
    private static final List<String> NAMES = List.of("vfio-pci", "igd-vfio-pci", "mlx5_vfio_pci", "list", "stop");

    @Test
    void nearestNamesAreThoseTheFewestLettersAway() {
        assertEquals(List.of("list"), Spelling.closest("lst", NAMES));
        assertEquals(List.of("vfio-pci"), Spelling.closest("vfio-pic", NAMES));
        assertEquals(List.of(), Spelling.closest("frobnicate", NAMES));
        assertEquals(List.of(), Spelling.closest("x", NAMES));
        assertEquals(List.of(), Spelling.closest("l".repeat(65), NAMES));
    }

    @Test
    void largeAndSmallLettersAreAlike() {
        assertEquals(List.of("vfio-pci"), Spelling.closest("VFIO-PCI", NAMES));
    }

    @Test
    void hintIsTheEndOfASentence() {
        assertEquals("; did you mean list?", Spelling.hint("lost", NAMES.subList(3, 4)));
        assertEquals("; did you mean lisb or list?", Spelling.hint("lisp", List.of("stop", "list", "lisb")));
        assertEquals("", Spelling.hint("frobnicate", NAMES));
    }
}
