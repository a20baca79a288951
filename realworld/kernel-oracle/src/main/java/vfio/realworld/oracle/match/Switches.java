// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.match;

import vfio.core.Errno;
import vfio.core.VfioException;

/** How the kernel reads numbers and switches of sysfs (lib/kstrtox.c). */
final class Switches {
    private Switches() {
    }

    /** kstrtobool. */
    static boolean bool(String text) {
        char first = Character.toLowerCase((text + "?").charAt(0));
        char said = first == 'o' ? Character.toLowerCase((text + "?").charAt(1)) : first;
        if ("yt1".indexOf(first) >= 0 || first == 'o' && said == 'n') {
            return true;
        }
        if ("nf0".indexOf(first) >= 0 || first == 'o' && said == 'f') {
            return false;
        }
        throw invalid(text);
    }

    /** kstrtou16 of any base. */
    static int number(String text) {
        try {
            int value = Integer.decode(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
            if (value >= 0 && value <= 0xffff) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw invalid(text);
        }
        throw invalid(text);
    }

    private static VfioException invalid(String text) {
        return new VfioException(Errno.EINVAL, "'" + text + "' is no such number");
    }
}
