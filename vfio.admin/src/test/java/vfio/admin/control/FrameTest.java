// SPDX-License-Identifier: Apache-2.0
package vfio.admin.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class FrameTest {
    private static String hex(ByteBuffer frame) {
        return HexFormat.of().formatHex(frame.array(), frame.position(), frame.limit());
    }

    @Test
    void theWireIsThatOfVersionOne() {
        assertEquals("01" + "00000002" + "6263", hex(Frame.output(Frame.OUT, new byte[] {'a', 'b', 'c', 'd'}, 1, 2)));
        assertEquals("02" + "00000000", hex(Frame.output(Frame.ERR, new byte[0], 0, 0)));
        assertEquals("03" + "00000004" + "00000046", hex(Frame.exit(70)));
    }

    @Test
    void aHeadWithAnotherKindOrLengthIsNotSound() {
        assertTrue(Frame.isSound(Frame.OUT, 0) && Frame.isSound(Frame.ERR, 1 << 24) && Frame.isSound(Frame.EXIT, 4));
        assertFalse(Frame.isSound(0, 4) || Frame.isSound(4, 4) || Frame.isSound(-1, 4));
        assertFalse(Frame.isSound(Frame.OUT, -1) || Frame.isSound(Frame.ERR, (1 << 24) + 1));
        assertFalse(Frame.isSound(Frame.EXIT, 3) || Frame.isSound(Frame.EXIT, 5));
    }
}
