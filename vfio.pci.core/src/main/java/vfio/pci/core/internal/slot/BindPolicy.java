// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The policy of one function: what the core does with the function without an operator's act.
 *
 * @param driver the driver's name of {@code PINNED}, else null
 */
public record BindPolicy(Kind kind, String driver) {
    public enum Kind { MANUAL, AUTO, PINNED }

    public static final BindPolicy MANUAL = new BindPolicy(Kind.MANUAL, null);
    public static final BindPolicy AUTO = new BindPolicy(Kind.AUTO, null);

    /**
     * Reads a policy from text.
     *
     * @throws VfioException EINVAL where the text is none of {@code manual}, {@code auto}, {@code pinned DRIVER}
     */
    public static BindPolicy parse(String text) {
        String[] words = text.trim().split("[ :]+");
        if (words.length == 1 && words[0].equals("manual")) {
            return MANUAL;
        }
        if (words.length == 1 && words[0].equals("auto")) {
            return AUTO;
        }
        if (words.length == 2 && words[0].equals("pinned")) {
            return new BindPolicy(Kind.PINNED, words[1]);
        }
        throw new VfioException(VfioException.Kind.UNREADABLE, Errno.EINVAL,
                "set policy '" + text + "': expected manual, auto, or pinned and a driver's name");
    }

    /** Tells whether the core binds under this policy without an operator's act. */
    public boolean standing() {
        return kind != Kind.MANUAL;
    }

    @Override
    public String toString() {
        return kind == Kind.PINNED ? "pinned " + driver : kind == Kind.AUTO ? "auto" : "manual";
    }
}
