// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.match;

import java.util.Locale;

/** The reason why a driver may bind a function, or may not. A sentence is made of the reason only when printed. */
public enum Reason {
    /** An ordinary entry of its table agrees. */
    ID(true),
    /** A dynamic id agrees. */
    DYNAMIC_ID(true),
    /** The override names it, and an override-only entry agrees. */
    OVERRIDE_ID(true),
    /** The override names it, and that alone matches: none of its entries agrees. */
    OVERRIDE_ALONE(true),

    /** Only an override-only entry agrees, and no override names it. */
    NEEDS_OVERRIDE(false),
    /** The override names another driver. */
    OVERRIDE_NAMES_ANOTHER(false),
    /** strict-rfc: the override names it, but the first agreeing entry is an ordinary one. */
    OVERRIDE_OF_ORDINARY_ENTRY(false),
    /** strict-rfc: the override names it, but no entry agrees. */
    OVERRIDE_WITHOUT_ENTRY(false),
    /** No entry agrees. */
    NO_ENTRY(false);

    private final boolean matches;

    Reason(boolean matches) {
        this.matches = matches;
    }

    /** Tells whether the driver may be probed for the function as things stand. */
    public boolean matches() {
        return matches;
    }

    /** Returns the code in output: lower case with dashes. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
