// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.osgi.framework.Bundle;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import vfio.deploy.DeployAdmin.ComponentRow;

/**
 * The declarative services of bundles, with what they lack.
 *
 * @param components null where there are no declarative services
 */
record ComponentStates(ServiceComponentRuntime components) {
    private static final String CAUSE = "Caused by: ";

    /** Returns the declarative services of a running bundle. */
    List<ComponentRow> of(Bundle bundle) {
        List<ComponentRow> rows = new ArrayList<>();
        if (components == null || bundle.getState() != Bundle.ACTIVE) {
            return rows;
        }
        for (ComponentDescriptionDTO description : components.getComponentDescriptionDTOs(bundle)) {
            var configurations = components.getComponentConfigurationDTOs(description);
            String name = PlainText.plain(description.name);
            if (configurations.isEmpty()) {
                boolean enabled = components.isComponentEnabled(description);
                rows.add(new ComponentRow(name, enabled ? "unsatisfied" : "disabled",
                        enabled ? lacking(description) : List.of(), null));
            }
            configurations.forEach(configuration -> rows.add(row(name, description, configuration)));
        }
        return rows;
    }

    private static List<String> lacking(ComponentDescriptionDTO description) {
        return "require".equals(description.configurationPolicy)
                ? Arrays.stream(description.configurationPid).map(pid -> "configuration " + PlainText.plain(pid)).toList()
                : List.of();
    }

    private static ComponentRow row(String name, ComponentDescriptionDTO description,
            ComponentConfigurationDTO configuration) {
        List<String> unsatisfied = new ArrayList<>();
        if (configuration.state == ComponentConfigurationDTO.UNSATISFIED_CONFIGURATION) {
            unsatisfied.addAll(lacking(description));
        }
        for (var reference : configuration.unsatisfiedReferences) {
            String type = Arrays.stream(description.references).filter(r -> Objects.equals(r.name, reference.name))
                    .map(r -> r.interfaceName).findFirst().orElse("?");
            unsatisfied.add(PlainText.plain("reference " + reference.name + " (" + type
                    + (reference.target == null ? ")" : " " + reference.target + ")")));
        }
        return new ComponentRow(name, state(configuration.state), unsatisfied,
                configuration.failure == null ? null : failure(configuration.failure));
    }

    /** Returns, of a stack trace, what was thrown and its last cause. */
    private static String failure(String trace) {
        String cause = trace.lines().filter(line -> line.startsWith(CAUSE)).reduce((earlier, last) -> last).orElse("");
        String thrown = PlainText.firstLine(trace);
        return cause.isEmpty() ? thrown : thrown + ": " + PlainText.firstLine(cause.substring(CAUSE.length()));
    }

    /** Returns the first failure of a bundle's components, or the damage of their classes, or null. */
    String fault(Bundle bundle) {
        return of(bundle).stream().filter(part -> part.failure() != null).map(part -> part.name() + ": " + part.failure())
                .findFirst().orElseGet(() -> damage(bundle));
    }

    /** Loads the component classes of a running bundle, since declarative services do not tell that one cannot be loaded. */
    String damage(Bundle bundle) {
        if (components == null || bundle.getState() != Bundle.ACTIVE) {
            return null;
        }
        for (ComponentDescriptionDTO description : components.getComponentDescriptionDTOs(bundle)) {
            try {
                Class<?> type = bundle.loadClass(description.implementationClass);
                type.getDeclaredConstructors();
                type.getDeclaredMethods();
            } catch (ClassNotFoundException | LinkageError e) {
                return PlainText.plain(description.name) + ": class " + PlainText.plain(description.implementationClass)
                        + " cannot be used: " + PlainText.causes(e);
            }
        }
        return null;
    }

    private static String state(int state) {
        return switch (state) {
            case ComponentConfigurationDTO.ACTIVE -> "active";
            case ComponentConfigurationDTO.SATISFIED -> "satisfied";
            case ComponentConfigurationDTO.FAILED_ACTIVATION -> "failed";
            default -> "unsatisfied";
        };
    }
}
