// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

/** The author of a function's override, which decides by which acts it changes. */
public enum OverrideOrigin {
    /**
     * The act {@code bind}: {@code unbind} clears the override, and the override passes to the policy when that becomes auto
     * or pinned.
     */
    BIND("operator"),
    /** The {@code override} command: the override stays until the operator clears it. */
    COMMAND("operator"),
    /** The policy, which alone rewrites and clears the override. */
    POLICY("policy");

    private final String owner;

    OverrideOrigin(String owner) {
        this.owner = owner;
    }

    public String owner() {
        return owner;
    }
}
