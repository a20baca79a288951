// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.osgi.framework.Version;
import vfio.deploy.DeployAdmin;
import vfio.deploy.UpdateAdmin.UpdateRow;
import vfio.pci.core.admin.PciAdmin;

/**
 * A driver as its bundle announces it, joined with its service where there is one.
 *
 * @param state the service's; without one the file's or the bundle's, {@code no service} where that is active
 * @param ids entries of the service's table, null without a service, as are dynamicIds, bound and dynamic
 * @param dynamic ids that new-id has added, as remove-id takes them
 * @param update that the bundle has a part in, while two builds of it are here or one waits; else null
 */
record DriverView(String driver, String module, String ops, String bundle, Long bundleId, String state, String reason,
        String file, Integer ids, Integer dynamicIds, Integer bound, List<String> dynamic, UpdateRow update) {
    /** The phases of an update that is not over. */
    private static final Set<String> OPEN = Set.of("held", "starting", "moving", "mixed", "soaking");

    /** Each driver once: by bundle where deployment knows it, then services that came another way. */
    static List<DriverView> join(List<DeployAdmin.DriverBundleRow> bundles, List<PciAdmin.DriverRow> services,
            List<UpdateRow> updates) {
        List<PciAdmin.DriverRow> left = new ArrayList<>(services);
        List<DriverView> views = new ArrayList<>();
        for (DeployAdmin.DriverBundleRow bundle : bundles) {
            Optional<PciAdmin.DriverRow> service = left.stream().filter(row -> row.driver().equals(bundle.driver())
                    && Objects.equals(row.bundleId(), bundle.bundleId())).findFirst();
            service.ifPresent(left::remove);
            views.add(service.map(row -> of(row, bundle)).orElseGet(() -> of(bundle)));
        }
        left.forEach(row -> views.add(of(row, null)));
        views.replaceAll(view -> view.with(updates));
        views.sort(Comparator.comparing(DriverView::driver).thenComparing(DriverView::name)
                .thenComparing(DriverView::version).thenComparing(DriverView::bundle));
        return views;
    }

    private static DriverView of(PciAdmin.DriverRow row, DeployAdmin.DriverBundleRow bundle) {
        String reason = row.reason() == null && bundle != null ? bundle.reason() : row.reason();
        return new DriverView(row.driver(), row.module(), row.ops(), row.bundle(), row.bundleId(), row.state(), reason,
                bundle == null ? null : bundle.file(), row.ids(), row.dynamicIds(), row.bound(),
                row.dynamic(), null);
    }

    private static DriverView of(DeployAdmin.DriverBundleRow row) {
        boolean active = "active".equals(row.bundleState());
        String state = active ? "no service" : row.fileState() == null ? row.bundleState() : row.fileState();
        String reason = row.reason() == null && active ? components(row.components()) : row.reason();
        return new DriverView(row.driver(), row.module(), row.ops(), row.symbolicName() + " " + row.version(),
                row.bundleId(), state, reason, row.file(), null, null, null, null, null);
    }

    private String name() {
        return bundle.split(" ")[0];
    }

    /** Returns the bundle's version; that of none where it has none that can be read. */
    private Version version() {
        try {
            return Version.parseVersion(bundle.substring(bundle.indexOf(' ') + 1));
        } catch (IllegalArgumentException e) {
            return Version.emptyVersion;
        }
    }

    /** Returns the view with the update that its bundle has a part in. */
    private DriverView with(List<UpdateRow> updates) {
        UpdateRow found = updates.stream().filter(row -> OPEN.contains(row.phase()))
                .filter(row -> bundle.equals(named(row, row.from())) || bundle.equals(named(row, row.to()))).findFirst()
                .orElse(null);
        return new DriverView(driver, module, ops, bundle, bundleId, state, reason, file, ids, dynamicIds, bound, dynamic,
                found);
    }

    private static String named(UpdateRow row, String build) {
        return row.symbolicName() + " " + version(build);
    }

    /** Returns the version of a build, without its digest. */
    private static String version(String build) {
        return build == null ? "" : build.split(" ")[0];
    }

    /** Returns the other build and the phase, {@code to 1.1.0, soaking}; null where no update is under way. */
    String updateText() {
        if (update == null) {
            return null;
        }
        boolean former = bundle.equals(named(update, update.from()));
        return (former ? "to " + version(update.to()) : "from " + version(update.from())) + ", " + update.phase();
    }

    /** Why no component of the bundle is a service. */
    private static String components(List<DeployAdmin.ComponentRow> components) {
        if (components.isEmpty()) {
            return "the bundle has no component: is @Component missing on the driver's class?";
        }
        return components.stream().map(component -> {
            String why = component.failure() != null ? ": " + component.failure()
                    : component.unsatisfied().isEmpty() ? "" : ", lacks " + String.join(", ", component.unsatisfied());
            return component.name() + " is " + component.state() + why;
        }).collect(Collectors.joining("; "));
    }
}
