// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import vfio.admin.control.Frame;
import vfio.admin.control.Request;

/**
 * A client of the daemon's control socket, so that asking does not start a process. One request; reading gives what the
 * command writes to its standard output. Closing it cancels the command.
 */
final class ControlClient extends InputStream {
    private final SocketChannel channel;
    private final DataInputStream frames;
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
    private ByteBuffer current = ByteBuffer.allocate(0);
    private Integer exit;

    /** @throws IOException also where nobody listens yet */
    ControlClient(Path directory, String... command) throws IOException {
        channel = SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("control.sock")));
        frames = new DataInputStream(Channels.newInputStream(channel));
        ByteBuffer request = ByteBuffer.wrap(new Request(0, false, List.of(command)).bytes());
        while (request.hasRemaining()) {
            channel.write(request);
        }
    }

    /** Runs a command to its end; its output, or an exception with what it wrote to standard error. */
    static String ask(Path directory, String... command) throws IOException {
        try (ControlClient client = new ControlClient(directory, command)) {
            String text = new String(client.readAllBytes(), StandardCharsets.UTF_8);
            if (client.exit == null || client.exit != 0) {
                throw new IOException(String.join(" ", command) + " ended with " + client.exit + ": "
                        + client.errors.toString(StandardCharsets.UTF_8).strip());
            }
            return text;
        }
    }

    @Override
    public int read() throws IOException {
        return more() ? current.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] bytes, int from, int most) throws IOException {
        if (most == 0 || !more()) {
            return most == 0 ? 0 : -1;
        }
        int count = Math.min(most, current.remaining());
        current.get(bytes, from, count);
        return count;
    }

    /** Reads frames until there is output or the command has ended. */
    private boolean more() throws IOException {
        while (!current.hasRemaining() && exit == null) {
            int kind;
            byte[] content;
            try {
                kind = frames.readByte();
                content = frames.readNBytes(frames.readInt());
            } catch (ClosedChannelException e) {
                return false; // closed by us, in another thread: the end of what is read
            }
            if (kind == Frame.EXIT) {
                exit = ByteBuffer.wrap(content).getInt();
            } else if (kind == Frame.OUT) {
                current = ByteBuffer.wrap(content);
            } else {
                errors.write(content);
            }
        }
        return current.hasRemaining();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
