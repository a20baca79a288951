// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

import vfio.pci.core.internal.match.Candidate;
import vfio.pci.core.internal.match.Reason;

/** The sentences for the reasons of a match, made only when somebody reads them. */
public final class Sentences {
    private Sentences() {
    }

    /** Returns the reason, and what to do where the function waits for its override only. */
    public static String of(Candidate candidate, String override) {
        return entry(candidate, override)
                + (candidate.reason() == Reason.NEEDS_OVERRIDE ? "; it needs the override, which bind writes" : "");
    }

    /** Returns what entry and override say, without advice. */
    public static String entry(Candidate candidate, String override) {
        String name = candidate.driver().driver();
        String entry = candidate.entry() == null ? "" : candidate.entry().toString();
        return switch (candidate.reason()) {
            case ID -> "its entry " + entry + " agrees";
            case DYNAMIC_ID -> "its dynamic id " + entry + " agrees";
            case OVERRIDE_ID -> "the override names it and its override-only entry " + entry + " agrees";
            case OVERRIDE_ALONE -> "the override names it, which is enough: no entry of its table agrees";
            case NEEDS_OVERRIDE -> "its override-only entry " + entry + " agrees";
            case OVERRIDE_NAMES_ANOTHER -> "the override names " + override + ", and then no other driver matches";
            case OVERRIDE_OF_ORDINARY_ENTRY -> "strict-rfc: the override names it, but its first agreeing entry " + entry
                    + " is an ordinary one";
            case OVERRIDE_WITHOUT_ENTRY -> "strict-rfc: the override names it, but no entry of its table agrees";
            case NO_ENTRY -> override == null || override.equals(name) ? "no entry of its table agrees"
                    : "no entry of its table agrees, and the override names " + override;
        };
    }
}
