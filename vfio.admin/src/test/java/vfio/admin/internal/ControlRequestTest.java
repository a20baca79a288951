// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import vfio.admin.control.Request;

/** Requests, good, bad and slow ones. */
class ControlRequestTest extends ControlServerFixture {
    private Client.Answer send(byte[] bytes) throws IOException {
        try (Client client = new Client(run)) {
            return client.send(bytes).answer();
        }
    }

    @Test
    void argumentsWidthAndTerminalArriveAndBothStreamsComeBack() throws IOException {
        assertEquals(new Client.Answer("echo ä \n 80 true", "", 3), Client.ask(run, "echo", "ä", "\n"));
        assertEquals(new Client.Answer("out", "err", 1), Client.ask(run, "both"));
        assertEquals(new Client.Answer("", "what?", 0), Client.ask(run));
    }

    @Test
    void badMagicVersionAndWidthAreRefused() throws IOException {
        Client.Answer answer = send(Client.request(0x47455420, 1, 80, 0));
        assertEquals(2, answer.code());
        assertTrue(answer.err().startsWith("vfio: this is no request"), answer.err());
        assertTrue(send(Client.request(Request.MAGIC, 2, 80, 0)).err().contains("version 1 of the protocol, not 2"));
        assertEquals(2, send(Client.request(Request.MAGIC, 1, -1, 0)).code());
        assertEquals(0, done.get());
        assertAlive();
    }

    @Test
    void mostArgumentsPassAndOneMoreIsRefused() throws IOException {
        String[] most = new String[Request.MOST_ARGS];
        Arrays.fill(most, "a");
        assertEquals(256, Client.ask(run, most).code());
        assertTrue(send(Client.request(Request.MAGIC, 1, 0, 257)).err().contains("257 arguments"));
        assertEquals(2, send(Client.request(Request.MAGIC, 1, 0, -1)).code());
    }

    @Test
    void largestRequestPassesAndOneByteMoreIsRefused() throws IOException {
        int rest = Request.MOST_BYTES - Client.request("").length;
        assertEquals(1, Client.ask(run, "y".repeat(rest)).code());
        Client.Answer answer = Client.ask(run, "y".repeat(rest + 1));
        assertEquals(2, answer.code());
        assertTrue(answer.err().contains("65536"), answer.err());
    }

    @Test
    void lengthsThatLieAreRefusedBeforeTheyAreBelieved() throws IOException {
        byte[] request = Client.request("echo");
        for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, Request.MOST_BYTES}) {
            java.nio.ByteBuffer.wrap(request).putInt(17, length);
            assertEquals(2, send(request).code(), "length " + length);
        }
    }

    @Test
    void argumentThatIsNoUtf8IsRefused() throws IOException {
        byte[] request = Client.request("echo");
        request[request.length - 1] = (byte) 0xff;
        assertTrue(send(request).err().contains("no UTF-8"));
    }

    @Test
    void requestByteByByteIsUnderstood() throws IOException {
        try (Client client = new Client(run)) {
            for (byte b : Client.request("echo")) {
                client.send(new byte[] {b});
            }
            assertEquals(1, client.answer().code());
        }
    }

    @Test
    void silentAndHalfClientsAreDropped() throws IOException {
        restart(SHORT);
        try (Client silent = new Client(run); Client half = new Client(run)) {
            half.send(Arrays.copyOf(Client.request("echo"), 20));
            assertNull(silent.answer().code());
            assertNull(half.answer().code());
        }
        assertEquals(0, done.get());
        assertAlive();
    }

    @Test
    void commandMayTakeLongerThanARequest() throws IOException {
        restart(SHORT);
        try (Client client = new Client(run)) {
            client.send(Client.request("wait"));
            try (Client silent = new Client(run)) {
                assertNull(silent.answer().code()); // the patience is over
            }
            release.countDown();
            assertEquals(1, client.answer().code());
        }
    }
}
