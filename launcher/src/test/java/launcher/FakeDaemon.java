// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One connection's worth of a control server that answers what the test wants. */
final class FakeDaemon implements AutoCloseable {
    final CompletableFuture<List<Object>> request = new CompletableFuture<>();
    final CompletableFuture<Boolean> clientLeft = new CompletableFuture<>();
    private final ServerSocketChannel server;

    FakeDaemon(Path directory, byte[] answer) throws IOException {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(directory.resolve("control.sock")));
        Thread thread = new Thread(() -> serve(answer));
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(byte[] answer) {
        try (SocketChannel channel = server.accept()) {
            DataInputStream in = new DataInputStream(Channels.newInputStream(channel));
            request.complete(read(in));
            DataOutputStream out = new DataOutputStream(Channels.newOutputStream(channel));
            out.write(answer);
            out.flush();
            channel.shutdownOutput();
            clientLeft.complete(in.read() == -1);
        } catch (IOException | RuntimeException e) {
            request.completeExceptionally(e);
            clientLeft.complete(true);
        }
    }

    /** Magic, version, width, flags, then the arguments. */
    private static List<Object> read(DataInputStream in) throws IOException {
        List<Object> fields = new ArrayList<>(List.of(in.readInt(), in.readInt(), in.readInt(), in.readByte()));
        for (int n = in.readInt(); n > 0; n--) {
            fields.add(new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8));
        }
        return fields;
    }

    /** Frames, one after the other: kind, then text or an exit code. */
    static byte[] frames(Object... kindsAndPayloads) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            for (int i = 0; i < kindsAndPayloads.length; i += 2) {
                out.writeByte((Integer) kindsAndPayloads[i]);
                if (kindsAndPayloads[i + 1] instanceof Integer code) {
                    out.writeInt(4);
                    out.writeInt(code);
                } else {
                    byte[] text = ((String) kindsAndPayloads[i + 1]).getBytes(StandardCharsets.UTF_8);
                    out.writeInt(text.length);
                    out.write(text);
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return bytes.toByteArray();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
