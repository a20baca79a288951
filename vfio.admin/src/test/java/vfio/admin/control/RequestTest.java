// SPDX-License-Identifier: Apache-2.0
package vfio.admin.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RequestTest {
    private static final Request ASKED = new Request(132, true, List.of("bind", "", "größer"));
    private static final String WIRE = "7666696f" + "00000001" + "00000084" + "01" + "00000003"
            + "00000004" + "62696e64" + "00000000" + "00000008" + "6772c3b6c39f6572";

    @Test
    void theWireIsThatOfVersionOne() {
        assertEquals(WIRE, HexFormat.of().formatHex(ASKED.bytes()));
    }

    @Test
    void whatIsSentIsRead() throws Request.Malformed {
        assertEquals(Optional.of(ASKED), Request.read(ByteBuffer.wrap(ASKED.bytes())));
    }

    @Test
    void aPartIsNoRequestYet() throws Request.Malformed {
        byte[] whole = ASKED.bytes();
        for (int length = 0; length < whole.length; length++) {
            assertEquals(Optional.empty(), Request.read(ByteBuffer.wrap(Arrays.copyOf(whole, length))));
        }
    }

    @Test
    void aTerminalWiderThanAnyIsTakenForTheWidest() throws Request.Malformed {
        assertEquals(Optional.of(new Request(10_000, false, List.of())),
                Request.read(ByteBuffer.wrap(new Request(Integer.MAX_VALUE, false, List.of()).bytes())));
        assertThrows(Request.Malformed.class, () -> Request.read(ByteBuffer.wrap(new Request(-1, false, List.of()).bytes())));
    }
}
