// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import vfio.hardware.emulated.capability.Capability;
import vfio.hardware.emulated.capability.ExtendedCapability;
import vfio.hardware.emulated.capability.LegacyCapability;
import vfio.hardware.emulated.capability.LinkCapability;
import vfio.hardware.emulated.capability.ReadOnlyCapability;
import vfio.hardware.emulated.capability.StandardCapability;

/** The capabilities that are written as a word alone. */
final class CapabilityWords {
    private static final Map<String, Supplier<Capability>> WORDS = new LinkedHashMap<>();

    static {
        WORDS.put("af", StandardCapability::advancedFeatures);
        WORDS.put("agp", LegacyCapability::agp);
        WORDS.put("pci-x", () -> LegacyCapability.pciX(false));
        WORDS.put("pci-x-ecc", () -> LegacyCapability.pciX(true));
        WORDS.put("ht", () -> LegacyCapability.hyperTransport(true));
        WORDS.put("ht-host", () -> LegacyCapability.hyperTransport(false));
        WORDS.put("sata", () -> LegacyCapability.sata(false));
        WORDS.put("sata-inline", () -> LegacyCapability.sata(true));
        WORDS.put("ea", LegacyCapability::enhancedAllocation);
        WORDS.put("power-budget", ExtendedCapability::powerBudgeting);
        WORDS.put("ari", ExtendedCapability::alternativeRouting);
        WORDS.put("ats", ExtendedCapability::addressTranslation);
        WORDS.put("multicast", LinkCapability::multicast);
        WORDS.put("pri", ExtendedCapability::pageRequest);
        WORDS.put("ltr", ExtendedCapability::latencyTolerance);
        WORDS.put("pasid", ExtendedCapability::processAddressSpace);
        WORDS.put("secondary-pcie", LinkCapability::secondaryExpress);
        WORDS.put("dpc", LinkCapability::downstreamContainment);
        WORDS.put("l1-substates", LinkCapability::l1Substates);
        WORDS.put("ptm", LinkCapability::precisionTime);
        for (ReadOnlyCapability it : ReadOnlyCapability.values()) {
            WORDS.put(it.name().toLowerCase(Locale.ROOT).replace('_', '-'), it::capability);
        }
    }

    private CapabilityWords() {
    }

    /** Returns the words, for errors. */
    static String known() {
        return String.join(", ", WORDS.keySet());
    }

    /** Returns the capability of a word, or null. */
    static Capability of(String word) {
        Supplier<Capability> capability = WORDS.get(word);
        return capability == null ? null : capability.get();
    }
}
