// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import vfio.admin.ExitCode;

/**
 * An output for text, as UTF-8. Text that cannot be written ends the command: with a sentence, or quietly where its reader
 * has gone.
 */
final class TextOutput {
    /** The exit code that a shell reports for a program ended by SIGPIPE: the reader of the output has gone. */
    static final int READER_GONE = 128 + 13;

    private final String name;
    private final OutputStream to;

    private TextOutput(String name, OutputStream to) {
        this.name = name;
        this.to = to;
    }

    /** Returns an output to memory. */
    static TextOutput to(OutputStream to) {
        return new TextOutput("the answer", to);
    }

    /** Returns this process's standard output, unbuffered. */
    static TextOutput standard(Terminal terminal) {
        return of("standard output", FileDescriptor.out, terminal);
    }

    /** Returns this process's standard error, unbuffered. */
    static TextOutput error(Terminal terminal) {
        return of("standard error", FileDescriptor.err, terminal);
    }

    private static TextOutput of(String name, FileDescriptor file, Terminal terminal) {
        OutputStream to = new FileOutputStream(file);
        return new TextOutput(name, terminal.ascii() ? new AsciiStream(to) : to);
    }

    void line(String text) throws LaunchException {
        print(text + "\n");
    }

    void print(String text) throws LaunchException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        write(bytes, bytes.length);
    }

    /**
     * Writes the first bytes of an array.
     *
     * @throws LaunchException with {@link #READER_GONE} and no sentence for a closed pipe, as of {@code events | head};
     *         else with what the system says
     */
    void write(byte[] bytes, int length) throws LaunchException {
        try {
            to.write(bytes, 0, length);
        } catch (IOException e) {
            if ("Broken pipe".equals(e.getMessage())) { // EPIPE; the vfio script has the system speak English
                throw new LaunchException(READER_GONE, null);
            }
            throw new LaunchException(ExitCode.REFUSED, "write " + name + ": " + e.getMessage());
        }
    }
}
