// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import vfio.core.Errno;

/**
 * Finds the errno in a program's error text of the C locale, such as {@code dd: error writing 'x': Device or resource busy}.
 */
final class ErrorText {
    /** The C library's words that differ from {@link Errno#text}. */
    private static final Map<String, Errno> WORDS = Map.of("resource temporarily unavailable", Errno.EAGAIN,
            "no space left on device", Errno.ENOSPC, "file exists", Errno.EEXIST, "cannot allocate memory", Errno.ENOMEM,
            "numerical result out of range", Errno.ERANGE, "connection timed out", Errno.ETIMEDOUT,
            "function not implemented", Errno.ENOSYS, "file name too long", Errno.ENAMETOOLONG,
            "value too large for defined data type", Errno.EOVERFLOW);

    private ErrorText() {
    }

    /**
     * Returns the errno; EIO where the text has none that this project knows, ENOENT for a module that modprobe does not
     * find.
     */
    static Errno errno(String said) {
        return found(said).orElse(said.contains("not found") ? Errno.ENOENT : Errno.EIO);
    }

    /** Tells whether the text has an errno that this project knows. */
    static boolean isKnown(String said) {
        return found(said).isPresent();
    }

    private static Optional<Errno> found(String said) {
        int colon = said.lastIndexOf(": ");
        String words = said.substring(colon < 0 ? 0 : colon + 2).trim().toLowerCase(Locale.ROOT);
        return Optional.ofNullable(WORDS.get(words))
                .or(() -> Arrays.stream(Errno.values()).filter(errno -> errno.text().equals(words)).findFirst());
    }
}
