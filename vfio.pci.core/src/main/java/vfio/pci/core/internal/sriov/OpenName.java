// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.sriov;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The name by which a user opens a function, with options behind it, separated by spaces: {@code vf_token=UUID}
 * (vfio_pci_core_match).
 *
 * @param function the name without options
 */
public record OpenName(String function, Optional<UUID> token) {
    private static final String TOKEN = "vf_token=";
    private static final Pattern UUID_TEXT =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");

    /**
     * Reads a name with its options.
     *
     * @throws VfioException EINVAL for an option that is unknown, given twice or no UUID of 36 characters
     */
    public static OpenName parse(String text) {
        String[] words = text.trim().split(" +");
        Optional<UUID> token = Optional.empty();
        for (int i = 1; i < words.length; i++) {
            if (!words[i].startsWith(TOKEN)) {
                throw invalid(text, "option " + words[i].split("=", 2)[0] + " is unknown; there is vf_token=UUID");
            }
            if (token.isPresent()) {
                throw invalid(text, "vf_token is given twice");
            }
            token = Optional.of(uuid(text, words[i].substring(TOKEN.length())));
        }
        return new OpenName(words[0], token);
    }

    private static UUID uuid(String text, String value) {
        Matcher matcher = UUID_TEXT.matcher(value);
        if (!matcher.matches()) {
            throw invalid(text, "the VF token is no UUID of 36 characters");
        }
        return UUID.fromString(value);
    }

    /** Refuses a text without showing it: a token is a secret. */
    private static VfioException invalid(String text, String why) {
        int end = text.trim().indexOf(' ');
        return new VfioException(Errno.EINVAL, "open " + (end < 0 ? text : text.trim().substring(0, end)) + ": " + why);
    }
}
