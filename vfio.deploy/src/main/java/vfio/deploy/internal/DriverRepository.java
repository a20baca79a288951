// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.felix.utils.resource.CapabilitySet;
import org.osgi.resource.Capability;
import org.osgi.resource.Requirement;
import org.osgi.resource.Resource;
import org.osgi.service.repository.AndExpression;
import org.osgi.service.repository.ExpressionCombiner;
import org.osgi.service.repository.IdentityExpression;
import org.osgi.service.repository.NotExpression;
import org.osgi.service.repository.OrExpression;
import org.osgi.service.repository.Repository;
import org.osgi.service.repository.RequirementBuilder;
import org.osgi.service.repository.RequirementExpression;
import org.osgi.util.promise.Promise;
import org.osgi.util.promise.Promises;

/** The index as an OSGi repository, which finds the jar that has a driver for a key, and gives its content. */
final class DriverRepository implements Repository {
    private final JarIndex index;

    DriverRepository(JarIndex index) {
        this.index = index;
    }

    @Override
    public Map<Requirement, Collection<Capability>> findProviders(Collection<? extends Requirement> requirements) {
        List<DriverJar> jars = index.jars();
        Map<Requirement, Collection<Capability>> found = new HashMap<>();
        for (Requirement requirement : requirements) {
            List<Capability> providers = new ArrayList<>();
            for (DriverJar jar : jars) {
                jar.resource().getCapabilities(requirement.getNamespace()).stream()
                        .filter(capability -> CapabilitySet.matches(capability, requirement)).forEach(providers::add);
            }
            found.put(requirement, providers);
        }
        return found;
    }

    @Override
    public Promise<Collection<Resource>> findProviders(RequirementExpression expression) {
        try {
            return Promises.resolved(find(expression));
        } catch (RuntimeException e) {
            return Promises.failed(e);
        }
    }

    private Collection<Resource> find(RequirementExpression expression) {
        if (expression instanceof IdentityExpression identity) {
            Set<Resource> resources = new LinkedHashSet<>();
            findProviders(List.of(identity.getRequirement())).values()
                    .forEach(capabilities -> capabilities.forEach(capability -> resources.add(capability.getResource())));
            return resources;
        }
        if (expression instanceof NotExpression not) {
            Set<Resource> resources = new LinkedHashSet<>();
            index.jars().forEach(jar -> resources.add(jar.resource()));
            resources.removeAll(find(not.getRequirementExpression()));
            return resources;
        }
        if (expression instanceof OrExpression or) {
            Set<Resource> resources = new LinkedHashSet<>();
            or.getRequirementExpressions().forEach(part -> resources.addAll(find(part)));
            return resources;
        }
        if (expression instanceof AndExpression and && !and.getRequirementExpressions().isEmpty()) {
            Set<Resource> resources = new LinkedHashSet<>(find(and.getRequirementExpressions().get(0)));
            and.getRequirementExpressions().forEach(part -> resources.retainAll(find(part)));
            return resources;
        }
        throw new IllegalArgumentException("no requirement expression: " + expression);
    }

    @Override
    public ExpressionCombiner getExpressionCombiner() {
        return new Expressions();
    }

    @Override
    public RequirementBuilder newRequirementBuilder(String namespace) {
        return new Expressions.RequirementParts(namespace);
    }
}
