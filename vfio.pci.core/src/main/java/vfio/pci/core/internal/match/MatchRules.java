// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.match;

import java.util.Locale;

/** The generations of the kernel's rules on whether an entry matches under an override. */
public enum MatchRules {
    /**
     * Linux 5.16 and later: override-only entries are skipped without the override; the override alone matches
     * (drivers/pci/pci-driver.c, {@code pci_match_device}).
     */
    MERGED,
    /**
     * The patch series of June 2021 (RFC v4): the first agreeing entry decides, and matches if and only if it is flagged
     * just where the override is set; an override without an agreeing entry matches nothing.
     */
    STRICT_RFC;

    /** Returns the name in settings and output: {@code merged}, {@code strict-rfc}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Returns the rules of that name.
     *
     * @throws IllegalArgumentException where the text names no rules
     */
    public static MatchRules of(String text) {
        for (MatchRules rules : values()) {
            if (rules.text().equals(text)) {
                return rules;
            }
        }
        throw new IllegalArgumentException("'" + text + "' names no match rules; expected merged or strict-rfc");
    }
}
