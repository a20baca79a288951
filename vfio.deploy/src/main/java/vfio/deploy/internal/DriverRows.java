// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRevision;
import vfio.deploy.DeployAdmin.ComponentRow;
import vfio.deploy.DeployAdmin.DriverBundleRow;
import vfio.pci.core.PciIds;
import vfio.pci.core.alias.DriverIds;

/**
 * The rows of drivers, which join a driver's capability with its file, its bundle and its components, so that a driver
 * without a service has a row and a reason.
 */
final class DriverRows {
    private static final Map<Integer, String> STATES = Map.of(Bundle.UNINSTALLED, "uninstalled", Bundle.INSTALLED,
            "installed", Bundle.RESOLVED, "resolved", Bundle.STARTING, "starting", Bundle.STOPPING, "stopping",
            Bundle.ACTIVE, "active");

    private static final Set<FileState> MAY_BE_INSTALLED = EnumSet.of(FileState.ACTIVE, FileState.SUPERSEDED,
            FileState.WAITING, FileState.HELD, FileState.FAILED);

    private final BundleContext context;
    private final ComponentStates components;
    private final boolean suspicious;
    private final List<FileView> files;

    /**
     * A file as published.
     *
     * @param location at which its build is installed where it is; null where it has no build
     */
    record FileView(String file, DriverJar jar, String location, FileState state, String reason) {
        /** Tells whether the build may be installed: it runs, is about to, or runs beside another for a while. */
        private boolean mayBeInstalled() {
            return location != null && MAY_BE_INSTALLED.contains(state);
        }
    }

    /**
     * Makes no rows yet.
     *
     * @param suspicious whether some service could not be had, so that a component's class may be damaged
     */
    DriverRows(BundleContext context, ComponentStates components, boolean suspicious, List<FileView> files) {
        this.context = context;
        this.components = components;
        this.suspicious = suspicious;
        this.files = files;
    }

    List<DriverBundleRow> rows() {
        Map<String, FileView> byLocation = new HashMap<>();
        files.stream().filter(FileView::mayBeInstalled)
                .sorted(Comparator.comparing(FileView::state).reversed()) // of two with one content the active one counts
                .forEach(file -> byLocation.put(file.location(), file));
        List<DriverBundleRow> rows = new ArrayList<>();
        Set<FileView> shown = new HashSet<>();
        for (Bundle bundle : context.getBundles()) {
            FileView file = byLocation.get(bundle.getLocation());
            installed(bundle, file, rows);
            shown.add(file);
        }
        files.stream().filter(file -> file.jar() != null && !shown.contains(file)).forEach(file -> alone(file, rows));
        return rows;
    }

    private void installed(Bundle bundle, FileView file, List<DriverBundleRow> rows) {
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        if (revision == null) {
            return;
        }
        List<BundleCapability> capabilities = revision.getDeclaredCapabilities(PciIds.CAPABILITY);
        List<ComponentRow> parts = capabilities.isEmpty() ? List.of() : components.of(bundle);
        String state = STATES.getOrDefault(bundle.getState(), "unknown");
        for (BundleCapability capability : capabilities) {
            String reason = file == null ? null : file.reason();
            DriverIds ids;
            try {
                ids = DriverIds.from(capability.getAttributes(), "", 0);
            } catch (IllegalArgumentException e) {
                ids = DriverIds.of("?");
                reason = PlainText.plain(e.getMessage());
            }
            rows.add(new DriverBundleRow(PlainText.plain(ids.driver()), PlainText.plain(ids.module()),
                    PlainText.plain(ids.ops()), String.valueOf(bundle.getSymbolicName()), bundle.getVersion().toString(),
                    bundle.getBundleId(), state,
                    file == null ? null : file.file(), file == null ? null : file.state().text(),
                    reason == null ? why(bundle, parts) : reason, parts));
        }
    }

    /** Returns why an installed driver may have no service, or null. */
    private String why(Bundle bundle, List<ComponentRow> parts) {
        if (bundle.getState() != Bundle.ACTIVE) {
            return "its bundle is " + STATES.getOrDefault(bundle.getState(), "unknown");
        }
        return parts.stream().filter(part -> part.failure() != null).map(part -> part.name() + ": " + part.failure())
                .findFirst().orElseGet(() -> parts.stream().filter(part -> !part.unsatisfied().isEmpty())
                        .map(part -> part.name() + " waits for " + String.join(", ", part.unsatisfied()))
                        .findFirst().orElseGet(() -> suspicious ? components.damage(bundle) : null));
    }

    private static void alone(FileView file, List<DriverBundleRow> rows) {
        DriverJar jar = file.jar();
        jar.drivers().forEach(ids -> rows.add(new DriverBundleRow(ids.driver(), ids.module(), ids.ops(), jar.symbolicName(),
                jar.version().toString(), null, "not installed", file.file(), file.state().text(), file.reason(),
                List.of())));
    }
}
