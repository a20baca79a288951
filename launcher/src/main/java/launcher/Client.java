// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import vfio.admin.ExitCode;
import vfio.admin.control.Frame;
import vfio.admin.control.Request;
import vfio.admin.control.RunDirectory;

/**
 * The client of a daemon: sends one command to the control socket and copies the answer. The end of the process closes the
 * connection, which cancels the command.
 */
final class Client {
    /** The value that {@link #run} returns in place of an exit code where there is no daemon to answer. */
    static final int UNANSWERED = -1;

    private final Terminal terminal;
    private final TextOutput out;
    private final TextOutput err;

    Client(Terminal terminal, TextOutput out, TextOutput err) {
        this.terminal = terminal;
        this.out = out;
        this.err = err;
    }

    /**
     * Runs a command in the daemon of a directory. Waits for a daemon that is only just starting.
     *
     * @return the command's exit code; {@link #UNANSWERED} where none runs there, or none that this user may ask and the
     *         command can be answered without
     */
    int run(Path directory, List<String> command) throws IOException, LaunchException, InterruptedException {
        byte[] request = request(command);
        try (SocketChannel channel = connect(directory)) {
            if (channel == null) {
                checkOurs(directory, command);
                return UNANSWERED;
            }
            int code = talk(channel, request);
            if (code == ExitCode.OK.number() && command.get(0).equals("stop") && !DaemonOnly.asksForHelp(command)) {
                DaemonProcess.awaitEnd(directory);
            }
            return code;
        }
    }

    /**
     * Sends a request and copies the answer.
     *
     * @throws IOException where this thread is interrupted
     */
    int talk(SocketChannel channel, byte[] request) throws IOException, LaunchException {
        try {
            send(channel, request);
            return copy(new DataInputStream(new ReadAhead(Channels.newInputStream(channel))));
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw e;
            }
            throw new LaunchException(ExitCode.INTERNAL, "the daemon closed the connection before the command was done");
        }
    }

    private static void send(SocketChannel channel, byte[] request) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(request);
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            if (!channel.isOpen()) {
                throw e;
            }
            // EPIPE: the daemon takes no request now, and its answer says why
        }
    }

    private static SocketChannel connect(Path directory) throws InterruptedException, LaunchException {
        UnixDomainSocketAddress address = address(directory);
        DaemonProcess.Patience patience = new DaemonProcess.Patience(directory);
        while (true) {
            try {
                return SocketChannel.open(address);
            } catch (IOException e) { // ENOENT or ECONNREFUSED: none there, or not yet
                if (!patience.again()) {
                    return null;
                }
            }
        }
    }

    /**
     * Refuses a command that needs the daemon where the socket exists and this user may not write to it: that daemon is not
     * absent.
     */
    private static void checkOurs(Path directory, List<String> command) throws LaunchException {
        if (DaemonOnly.isNamed(command) && !mayAsk(new RunDirectory(directory).socket())) {
            throw new LaunchException(ExitCode.REFUSED, "cannot reach the daemon of " + directory
                    + ": permission denied; it belongs to another user");
        }
    }

    private static boolean mayAsk(Path socket) {
        try {
            Files.readAttributes(socket, BasicFileAttributes.class);
            return Files.isWritable(socket);
        } catch (IOException e) {
            return !(e instanceof AccessDeniedException); // none there, or a directory in between that is closed to us
        }
    }

    private static UnixDomainSocketAddress address(Path directory) throws LaunchException {
        Directories.checkLength(directory);
        return UnixDomainSocketAddress.of(new RunDirectory(directory).socket());
    }

    private byte[] request(List<String> command) throws LaunchException {
        byte[] request = new Request(terminal.width(), terminal.present(), command).bytes();
        if (command.size() > Request.MOST_ARGS || request.length > Request.MOST_BYTES) {
            throw new LaunchException(ExitCode.USAGE, "a command has at most " + Request.MOST_ARGS + " arguments of "
                    + Request.MOST_BYTES + " bytes in all");
        }
        return request;
    }

    private int copy(DataInputStream frames) throws IOException, LaunchException {
        byte[] buffer = new byte[8192];
        while (true) {
            int kind = frames.readByte();
            int length = frames.readInt();
            if (!Frame.isSound(kind, length)) {
                throw new LaunchException(ExitCode.INTERNAL, "the daemon does not speak version " + Request.VERSION
                        + " of the control protocol (frame " + kind + " of " + length + " bytes); restart it");
            }
            if (kind == Frame.EXIT) {
                return frames.readInt();
            }
            TextOutput to = kind == Frame.OUT ? out : err;
            for (int left = length; left > 0; ) {
                int n = Math.min(left, buffer.length);
                frames.readFully(buffer, 0, n);
                left -= n;
                to.write(buffer, n);
            }
        }
    }
}
