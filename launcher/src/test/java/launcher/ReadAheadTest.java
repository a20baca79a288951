// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReadAheadTest {

    @Test
    void allBytesComeInOrderThenTheEnd() throws IOException {
        byte[] bytes = new byte[300_001];
        new Random(7).nextBytes(bytes);
        InputStream stream = new ReadAhead(new ByteArrayInputStream(bytes));
        assertEquals(bytes[0] & 0xff, stream.read());
        byte[] rest = stream.readAllBytes();
        assertArrayEquals(bytes, concat(bytes[0], rest));
        assertEquals(-1, stream.read());
    }

    private static byte[] concat(byte first, byte[] rest) {
        byte[] all = new byte[rest.length + 1];
        all[0] = first;
        System.arraycopy(rest, 0, all, 1, rest.length);
        return all;
    }

    @Test
    void failureComesAfterWhatWasReadBefore() throws IOException {
        InputStream stream = new ReadAhead(new InputStream() {
            private int reads;

            @Override
            public int read() throws IOException {
                throw new IOException("not asked for");
            }

            @Override
            public int read(byte[] to, int offset, int length) throws IOException {
                if (reads++ > 0) {
                    throw new IOException("the other side is gone");
                }
                to[offset] = 42;
                return 1;
            }
        });
        assertEquals(42, stream.read());
        assertEquals("the other side is gone", assertThrows(IOException.class, stream::read).getMessage());
    }

    @Test
    void errorOfTheReaderIsAFailureAndNoEndlessWait() {
        InputStream stream = new ReadAhead(new InputStream() {
            @Override
            public int read() {
                throw new OutOfMemoryError("of a test");
            }
        });
        assertThrows(IOException.class, stream::read);
    }

    @Test
    void isReadThoughNobodyTakesItUpToTheMost() throws IOException {
        AtomicLong given = new AtomicLong();
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 0;
            }

            @Override
            public int read(byte[] to, int offset, int length) {
                given.addAndGet(length);
                return length;
            }
        };
        InputStream stream = new ReadAhead(endless);
        await().until(() -> given.get() >= ReadAhead.MOST);
        long most = ReadAhead.MOST + (1 << 20);
        assertTrue(given.get() < most, given + " bytes");
        stream.skipNBytes(8 << 20);
        await().until(() -> given.get() > ReadAhead.MOST + (7 << 20));
    }
}
