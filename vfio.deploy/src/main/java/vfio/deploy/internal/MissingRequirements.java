// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.namespace.BundleNamespace;
import org.osgi.framework.namespace.ExecutionEnvironmentNamespace;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;

/** The requirements that keep a bundle from resolving, as a sentence: the name, the range, and the versions that are here. */
final class MissingRequirements {
    private static final Map<String, String> NOUNS = Map.of(PackageNamespace.PACKAGE_NAMESPACE, "package",
            BundleNamespace.BUNDLE_NAMESPACE, "bundle", ExecutionEnvironmentNamespace.EXECUTION_ENVIRONMENT_NAMESPACE,
            "Java platform");
    private static final Pattern FROM = Pattern.compile("\\((?:bundle-)?version>=([^)]+)\\)");
    private static final Pattern TO = Pattern.compile("\\(!\\((?:bundle-)?version>=([^)]+)\\)\\)");

    private final List<BundleCapability> here = new ArrayList<>();
    private final DriverWiring wiring;

    /**
     * Collects the capabilities of all bundles.
     *
     * @param wiring tells to which of them a bundle may be wired
     */
    MissingRequirements(BundleContext context, DriverWiring wiring) {
        this.wiring = wiring;
        Arrays.stream(context.getBundles()).map(bundle -> bundle.adapt(BundleRevision.class)).filter(Objects::nonNull)
                .forEach(revision -> here.addAll(revision.getDeclaredCapabilities(null)));
    }

    /** Returns a sentence, or null where each requirement by itself could be met. */
    String of(Bundle bundle) {
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        here.removeIf(capability -> !wiring.mayUse(revision, capability));
        List<String> missing = new ArrayList<>();
        for (BundleRequirement requirement : revision.getDeclaredRequirements(null)) {
            boolean optional = Constants.RESOLUTION_OPTIONAL.equals(requirement.getDirectives().get("resolution"))
                    || "dynamic".equals(requirement.getDirectives().get("resolution"));
            boolean later = "active".equals(requirement.getDirectives().get("effective"));
            if (!optional && !later && here.stream().noneMatch(requirement::matches)) {
                missing.add(sentence(requirement));
            }
        }
        return missing.isEmpty() ? null : "it needs " + String.join("; and ", missing);
    }

    private String sentence(BundleRequirement requirement) {
        String namespace = requirement.getNamespace();
        String filter = String.valueOf(requirement.getDirectives().get(Constants.FILTER_DIRECTIVE));
        Matcher named = Pattern.compile("\\(" + Pattern.quote(namespace) + "=([^)]+)\\)").matcher(filter);
        if (!NOUNS.containsKey(namespace) || !named.find()) {
            return "capability " + namespace + (filter.equals("null") ? "" : " with " + filter) + "; here: "
                    + offers(here.stream().filter(c -> c.getNamespace().equals(namespace)).map(c -> by(c)));
        }
        String name = named.group(1);
        return NOUNS.get(namespace) + " " + name + range(filter) + "; here: " + offers(here.stream()
                .filter(c -> c.getNamespace().equals(namespace) && name.equals(c.getAttributes().get(namespace)))
                .map(c -> version(c) + " " + by(c)));
    }

    private static String range(String filter) {
        Matcher from = FROM.matcher(filter);
        Matcher to = TO.matcher(filter);
        if (!from.find()) {
            Matcher exact = Pattern.compile("\\(version=([^)]+)\\)").matcher(filter);
            return exact.find() ? " " + exact.group(1) : "";
        }
        return to.find() ? " [" + from.group(1) + "," + to.group(1) + ")" : " " + from.group(1) + " or later";
    }

    private static String version(BundleCapability capability) {
        Object version = capability.getAttributes().get("version");
        if (version instanceof List<?> all && !all.isEmpty()) {
            return "up to " + all.get(all.size() - 1); // Java platforms, in rising order
        }
        return String.valueOf(version == null ? capability.getAttributes().get("bundle-version") : version);
    }

    private static String by(BundleCapability capability) {
        return "of " + capability.getRevision().getSymbolicName();
    }

    private static String offers(Stream<String> offers) {
        String text = offers.distinct().sorted().limit(5).collect(Collectors.joining(", "));
        return text.isEmpty() ? "none" : text;
    }
}
