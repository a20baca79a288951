// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

/** Who wrote a function's override, which decides who may change it. */
public enum OverrideOrigin {
    /** {@code bind}: {@code unbind} clears it, and it passes to the policy when the function is set to auto. */
    BIND("operator"),
    /** The {@code override} command: it stays until the operator clears it. */
    COMMAND("operator"),
    /** The policy: rewritten and cleared by it alone. */
    POLICY("policy");

    private final String owner;

    OverrideOrigin(String owner) {
        this.owner = owner;
    }

    public String owner() {
        return owner;
    }
}
