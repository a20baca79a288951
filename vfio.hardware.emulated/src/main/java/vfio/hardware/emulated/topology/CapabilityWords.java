// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import vfio.hardware.emulated.Capability;
import vfio.hardware.emulated.ExtendedCapabilities;
import vfio.hardware.emulated.LegacyCapabilities;
import vfio.hardware.emulated.LinkCapabilities;
import vfio.hardware.emulated.ReadOnlyCapability;
import vfio.hardware.emulated.StandardCapabilities;

/** The capabilities that a word alone stands for. */
final class CapabilityWords {
    private static final Map<String, Supplier<Capability>> WORDS = new LinkedHashMap<>();

    static {
        WORDS.put("af", StandardCapabilities::advancedFeatures);
        WORDS.put("agp", LegacyCapabilities::agp);
        WORDS.put("pci-x", () -> LegacyCapabilities.pciX(false));
        WORDS.put("pci-x-ecc", () -> LegacyCapabilities.pciX(true));
        WORDS.put("ht", () -> LegacyCapabilities.hyperTransport(true));
        WORDS.put("ht-host", () -> LegacyCapabilities.hyperTransport(false));
        WORDS.put("sata", () -> LegacyCapabilities.sata(false));
        WORDS.put("sata-inline", () -> LegacyCapabilities.sata(true));
        WORDS.put("ea", LegacyCapabilities::enhancedAllocation);
        WORDS.put("power-budget", ExtendedCapabilities::powerBudgeting);
        WORDS.put("ari", ExtendedCapabilities::alternativeRouting);
        WORDS.put("ats", ExtendedCapabilities::addressTranslation);
        WORDS.put("multicast", LinkCapabilities::multicast);
        WORDS.put("pri", ExtendedCapabilities::pageRequest);
        WORDS.put("ltr", ExtendedCapabilities::latencyTolerance);
        WORDS.put("pasid", ExtendedCapabilities::processAddressSpace);
        WORDS.put("secondary-pcie", LinkCapabilities::secondaryExpress);
        WORDS.put("dpc", LinkCapabilities::downstreamContainment);
        WORDS.put("l1-substates", LinkCapabilities::l1Substates);
        WORDS.put("ptm", LinkCapabilities::precisionTime);
        for (ReadOnlyCapability it : ReadOnlyCapability.values()) {
            WORDS.put(it.name().toLowerCase(Locale.ROOT).replace('_', '-'), it::capability);
        }
    }

    private CapabilityWords() {
    }

    static String known() {
        return String.join(", ", WORDS.keySet());
    }

    /** The capability of a word, or null. */
    static Capability of(String word) {
        Supplier<Capability> capability = WORDS.get(word);
        return capability == null ? null : capability.get();
    }
}
