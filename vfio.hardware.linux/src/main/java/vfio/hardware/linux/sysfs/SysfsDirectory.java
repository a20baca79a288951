// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.sysfs;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A directory of sysfs, whose files hold a value each. No content is trusted: reads are bounded, and a file that is missing
 * or makes no sense becomes a sentence for the caller's warnings, never an exception.
 */
public record SysfsDirectory(Path path) {
    /** The kernel gives an attribute at most a page, in bytes. */
    private static final int LONGEST_ATTRIBUTE = 4096;
    /** The limit for other files than attributes, far more than any host has. */
    private static final int LONGEST = 8 << 20;
    private static final Consumer<String> QUIET = warning -> { };
    private static final Pattern HEX = Pattern.compile("0x([0-9a-fA-F]{1,6})");
    private static final Pattern DECIMAL = Pattern.compile("-?[0-9]{1,9}");

    /** Returns the whole text of a file that must be there. */
    public Optional<String> text(String name, Consumer<String> warnings) {
        return read(name, true, warnings);
    }

    /** Returns the first line of a file that must be there, safe to print. */
    public Optional<String> line(String name, Consumer<String> warnings) {
        return text(name, warnings).map(text -> printable(name, firstLine(text), warnings));
    }

    /** Returns a number such as {@code 0x15b3} of a file that must be there; 0 where it cannot be read. */
    public int hex(String name, int bits, Consumer<String> warnings) {
        Optional<String> line = line(name, warnings);
        if (line.isEmpty()) {
            return 0;
        }
        Matcher m = HEX.matcher(line.get());
        int value = m.matches() ? Integer.parseInt(m.group(1), 16) : -1;
        if (value >> bits != 0) {
            warnings.accept(name + " holds '" + line.get() + "', no number of " + bits + " bits in hex");
            return 0;
        }
        return value;
    }

    /** Returns a decimal number of a file that the kernel may leave out. */
    public Optional<Integer> optionalNumber(String name, Consumer<String> warnings) {
        return read(name, false, warnings).map(text -> printable(name, firstLine(text), warnings))
                .flatMap(line -> number(name, line, warnings));
    }

    /** Returns the number that is the last name of a link's target. */
    public Optional<Integer> linkedNumber(String name, Consumer<String> warnings) {
        return link(name, warnings).flatMap(target -> number(name, target, warnings));
    }

    private static Optional<Integer> number(String name, String text, Consumer<String> warnings) {
        if (!DECIMAL.matcher(text).matches()) {
            warnings.accept(name + " is '" + text + "', no number");
            return Optional.empty();
        }
        return Optional.of(Integer.valueOf(text));
    }

    /** Returns the last name of a link's target, which is not followed; empty, without a warning, where there is no link. */
    public Optional<String> link(String name, Consumer<String> warnings) {
        try {
            Path target = Files.readSymbolicLink(path.resolve(name)).getFileName();
            return Optional.ofNullable(target).map(last -> printable(name, last.toString(), warnings));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            warnings.accept("link " + name + " cannot be read: " + reason(e));
            return Optional.empty();
        }
    }

    /** Returns the size in bytes of a file that must be there, as stat(2) says; 0 where it cannot be read. */
    public long size(String name, Consumer<String> warnings) {
        try {
            BasicFileAttributes found = Files.readAttributes(path.resolve(name), BasicFileAttributes.class);
            if (found.isRegularFile()) {
                return found.size();
            }
            warnings.accept(name + " cannot be read: no regular file");
        } catch (IOException e) {
            warnings.accept(name + " cannot be read: " + reason(e));
        }
        return 0;
    }

    /** Returns what tells this directory from a later one of the same path; empty where there is no such directory. */
    public Optional<String> identity() {
        try {
            return Optional.of(Files.getAttribute(path, "unix:ino").toString()); // kernfs numbers anew each that is added
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(path.toString()); // it is there and cannot be looked into
        }
    }

    /** Returns the first line of a file, safe to print; empty where it is missing or cannot be read. */
    public Optional<String> line(String name) {
        return read(name, false, QUIET).map(text -> printable(name, firstLine(text), QUIET));
    }

    /**
     * Returns the lines of a file of up to 8 MiB, such as those of /proc; none where it cannot be read. LF alone ends a line:
     * the kernel leaves CR in the names of mount points.
     */
    public List<String> lines(String name) {
        try (InputStream in = Files.newInputStream(path.resolve(name))) {
            String text = new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8);
            return text.isEmpty() ? List.of() : List.of(text.split("\n"));
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Returns the names of the entries, in order; none where the directory cannot be listed. */
    public List<String> names() {
        try (Stream<Path> entries = Files.list(path)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of(); // it is not there, or no more
        }
    }

    /** Returns a directory below this one, which need not be there. */
    public SysfsDirectory child(String name) {
        return new SysfsDirectory(path.resolve(name));
    }

    /** Tells whether there is an entry of a name; links are not followed. */
    public boolean has(String name) {
        return Files.exists(path.resolve(name), LinkOption.NOFOLLOW_LINKS);
    }

    /** Returns the path with all links followed; the path itself where there is no such directory. */
    public Path real() {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path;
        }
    }

    private Optional<String> read(String name, boolean required, Consumer<String> warnings) {
        try (InputStream in = Files.newInputStream(path.resolve(name))) {
            byte[] bytes = in.readNBytes(LONGEST_ATTRIBUTE + 1);
            if (bytes.length <= LONGEST_ATTRIBUTE) {
                return Optional.of(new String(bytes, StandardCharsets.UTF_8));
            }
            warnings.accept(name + " is longer than " + LONGEST_ATTRIBUTE + " bytes and was not read");
        } catch (NoSuchFileException e) {
            if (required || Files.exists(path.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
                warnings.accept(name + " is missing");
            }
        } catch (IOException e) {
            warnings.accept(name + " cannot be read: " + reason(e));
        }
        return Optional.empty();
    }

    private static String firstLine(String text) {
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }

    private static String printable(String name, String text, Consumer<String> warnings) {
        String printable = PrintableText.of(text);
        if (!printable.equals(text) || printable.indexOf('\ufffd') >= 0) {
            warnings.accept(name + " holds bytes that are no text: '" + printable + "'");
        }
        return printable;
    }

    /** Returns what went wrong, in the words of the operating system and without the path. */
    public static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "no such file or directory";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NotLinkException) {
            return "no link";
        }
        if (e instanceof NotDirectoryException) {
            return "no directory";
        }
        String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
        return reason == null ? e.getClass().getSimpleName() : PrintableText.of(reason);
    }
}
