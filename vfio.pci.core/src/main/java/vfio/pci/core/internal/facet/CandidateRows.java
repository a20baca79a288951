// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.facet;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import vfio.core.Errno;
import vfio.core.VfioException.Kind;
import vfio.core.VfioException;
import vfio.pci.core.admin.PciAdmin.CandidateRow;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.internal.match.Candidate;
import vfio.pci.core.internal.match.Reason;
import vfio.pci.core.internal.slot.BindPolicy;
import vfio.pci.core.internal.slot.DriverRegistry;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.Guards.Refusal;
import vfio.pci.core.internal.slot.Guards;
import vfio.pci.core.internal.slot.OverrideOrigin;
import vfio.pci.core.internal.slot.RegisteredDriver;
import vfio.pci.core.internal.slot.Sentences;

/** The rows of the drivers for a function or a device, with the reasons for and against each. */
final class CandidateRows {
    /** The reason code of a driver that the policy does not name. */
    private static final String PINNED = "policy-pins-another";
    private static final String VFIO_PREFIX = "vfio_";

    private CandidateRows() {
    }

    /** Returns the rows of the drivers for a function, the best first. */
    static List<CandidateRow> of(FunctionSlot slot, DriverRegistry.Snapshot drivers) {
        List<CandidateRow> rows = new ArrayList<>();
        for (Candidate candidate : drivers.index().candidates(slot.function().key(), slot.override())) {
            rows.add(candidate(rows.size() + 1, candidate, slot, drivers));
        }
        return rows;
    }

    /**
     * Returns the rows of the drivers for a device that need not be here.
     *
     * @param modalias its alias; one that begins with {@code vfio_} asks for override-only entries
     */
    static List<CandidateRow> ofModalias(String modalias, DriverRegistry.Snapshot drivers) {
        boolean flaggedOnly = modalias.startsWith(VFIO_PREFIX);
        DeviceKey key;
        try {
            key = DeviceKey.parse(flaggedOnly ? modalias.substring(VFIO_PREFIX.length()) : modalias);
        } catch (IllegalArgumentException e) {
            throw new VfioException(Kind.UNREADABLE, Errno.EINVAL, "find candidates: " + e.getMessage());
        }
        List<CandidateRow> rows = new ArrayList<>();
        for (Candidate candidate : drivers.index().candidates(key, null)) {
            boolean flagged = candidate.driver().table().stream().anyMatch(id -> id.overrideOnly() != 0 && id.agrees(key));
            if (flagged || !flaggedOnly) {
                rows.add(candidate(rows.size() + 1, candidate, drivers));
            }
        }
        return rows;
    }

    /**
     * Returns the row of a driver for a function, whether it is a candidate or not.
     *
     * @param driver the name of a driver, its module or its operations
     */
    static CandidateRow why(FunctionSlot slot, String driver, DriverRegistry.Snapshot drivers) {
        RegisteredDriver meant = drivers.meant(driver).orElseThrow(() -> new VfioException(Kind.UNKNOWN_NAME, Errno.ENOENT,
                "explain " + driver + " for " + slot.name() + ": no driver, module or ops here is of that name; "
                        + "'drivers' shows what is here and why others are not"));
        String fault = meant.worker().fault().orElse(null);
        List<String> words = new ArrayList<>();
        if (!meant.name().equals(driver)) {
            words.add(driver + " is the module or ops name of driver " + meant.name());
        }
        if (fault != null) {
            Guards.refusal(slot, meant.ids().vfio()).ifPresent(refusal -> words.add(0, refusal.why()));
            words.add("the driver is faulty: " + fault.lines().findFirst().orElse(""));
            return new CandidateRow(0, meant.name(), meant.ids().module(), meant.bundle().toString(), meant.ids().vfio(),
                    false, "faulty", String.join("; ", words), null, 7);
        }
        Candidate candidate = drivers.index().explain(slot.function().key(), slot.override(), meant.name());
        int rank = 1 + drivers.index().candidates(slot.function().key(), slot.override()).stream()
                .map(c -> c.driver().driver()).toList().indexOf(meant.name());
        CandidateRow row = candidate(rank, candidate, slot, drivers);
        words.add(row.text());
        return new CandidateRow(rank, row.driver(), row.module(), row.bundle(), row.vfio(), row.eligible(), row.reason(),
                String.join("; ", words), row.entry(), row.wildcards());
    }

    /** Returns the row of a candidate for a present function. */
    private static CandidateRow candidate(int rank, Candidate candidate, FunctionSlot slot, DriverRegistry.Snapshot drivers) {
        String name = candidate.driver().driver();
        RegisteredDriver driver = drivers.driver(name);
        Optional<Refusal> guarded = Guards.refusal(slot, candidate.driver().vfio());
        if (guarded.isPresent()) {
            String text = guarded.get().why() + "; " + Sentences.entry(candidate, slot.override());
            return row(rank, candidate, drivers, false, guarded.get().guard().text(), text + failure(slot, driver));
        }
        boolean forced = candidate.reason() == Reason.NO_ENTRY;
        boolean possible = drivers.index().explain(slot.function().key(), name, name).matches();
        String text = Sentences.of(candidate, slot.override()) + failure(slot, driver);
        if (forced && possible) {
            text += "; only 'bind --driver " + name + "' would force it, since an override alone matches";
        }
        BindPolicy policy = slot.policy();
        if (policy.kind() == BindPolicy.Kind.PINNED && !name.equals(policy.driver())) {
            return row(rank, candidate, drivers, false, PINNED, text + "; but its policy is " + policy);
        }
        boolean overridden = slot.origin() == OverrideOrigin.COMMAND && !name.equals(slot.override());
        boolean eligible = (candidate.matches() || possible && !forced) && !overridden;
        if (eligible && !Guards.given(slot)) {
            text += "; bind would take it from its host first";
        }
        if (eligible && candidate.reason() == Reason.OVERRIDE_NAMES_ANOTHER) {
            text += "; bind would write it anew";
        }
        return row(rank, candidate, drivers, eligible, candidate.reason().text(), text);
    }

    /** Returns how the last attempts failed, for the end of a sentence; empty where none did. */
    private static String failure(FunctionSlot slot, RegisteredDriver driver) {
        FunctionSlot.Failure failure = driver == null ? null : slot.failures().get(driver);
        if (failure == null) {
            return "";
        }
        return slot.skips(driver) ? "; it failed here " + FunctionSlot.FAILURES + " times and is left out until its bundle "
                + "changes or bind asks: " + failure.reason() : "; it failed here: " + failure.reason();
    }

    /** Returns the row of a candidate for a device key alone. */
    private static CandidateRow candidate(int rank, Candidate candidate, DriverRegistry.Snapshot drivers) {
        return row(rank, candidate, drivers, true, candidate.reason().text(), Sentences.of(candidate, null));
    }

    private static CandidateRow row(int rank, Candidate candidate, DriverRegistry.Snapshot drivers, boolean eligible,
            String reason, String text) {
        String name = candidate.driver().driver();
        RegisteredDriver driver = drivers.driver(name);
        return new CandidateRow(rank, name, candidate.driver().module(), driver == null ? null : driver.bundle().toString(),
                candidate.driver().vfio(), eligible, reason, text,
                candidate.best() == null ? null : candidate.best().toString(),
                candidate.best() == null ? 7 : candidate.best().wildcards());
    }
}
