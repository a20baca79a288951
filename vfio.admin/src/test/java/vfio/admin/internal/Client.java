// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import vfio.admin.control.Frame;
import vfio.admin.control.Request;

/** The client's end of the control protocol, for good and for bad requests. */
final class Client implements AutoCloseable {
    /** What came back; code is null where the daemon closed without an exit frame. */
    record Answer(String out, String err, Integer code) {
    }

    final SocketChannel channel;
    private final DataInputStream in;

    Client(Path directory) throws IOException {
        channel = SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("control.sock")));
        InputStream bytes = Channels.newInputStream(channel);
        in = new DataInputStream(bytes);
    }

    static byte[] request(String... args) throws IOException {
        return request(Request.MAGIC, Request.VERSION, 80, args.length, args);
    }

    static byte[] request(int magic, int version, int width, int count, String... args) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(magic);
        out.writeInt(version);
        out.writeInt(width);
        out.writeByte(1);
        out.writeInt(count);
        for (String arg : args) {
            byte[] text = arg.getBytes(StandardCharsets.UTF_8);
            out.writeInt(text.length);
            out.write(text);
        }
        return bytes.toByteArray();
    }

    Client send(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        return this;
    }

    static Answer ask(Path directory, String... args) throws IOException {
        try (Client client = new Client(directory)) {
            return client.send(request(args)).answer();
        }
    }

    Answer answer() throws IOException {
        ByteArrayOutputStream[] texts = {new ByteArrayOutputStream(), new ByteArrayOutputStream()};
        while (true) {
            int kind;
            try {
                kind = in.readByte();
            } catch (EOFException e) {
                return answer(texts, null);
            }
            byte[] payload = in.readNBytes(in.readInt());
            if (kind == Frame.EXIT) {
                return answer(texts, ByteBuffer.wrap(payload).getInt());
            }
            texts[kind - 1].write(payload);
        }
    }

    private static Answer answer(ByteArrayOutputStream[] texts, Integer code) {
        return new Answer(texts[0].toString(StandardCharsets.UTF_8), texts[1].toString(StandardCharsets.UTF_8), code);
    }

    /** The payload of the next frame. */
    String frame() throws IOException {
        in.readByte();
        return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
