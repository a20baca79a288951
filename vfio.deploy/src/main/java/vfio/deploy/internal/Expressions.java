// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.felix.utils.resource.RequirementImpl;
import org.osgi.resource.Requirement;
import org.osgi.resource.Resource;
import org.osgi.service.repository.AndExpression;
import org.osgi.service.repository.ExpressionCombiner;
import org.osgi.service.repository.IdentityExpression;
import org.osgi.service.repository.NotExpression;
import org.osgi.service.repository.OrExpression;
import org.osgi.service.repository.RequirementBuilder;
import org.osgi.service.repository.RequirementExpression;

/** The expressions of which questions to a repository are made. */
final class Expressions implements ExpressionCombiner {

    private record Identity(Requirement getRequirement) implements IdentityExpression {
    }

    private record Not(RequirementExpression getRequirementExpression) implements NotExpression {
    }

    private record And(List<RequirementExpression> getRequirementExpressions) implements AndExpression {
    }

    private record Or(List<RequirementExpression> getRequirementExpressions) implements OrExpression {
    }

    @Override
    public AndExpression and(RequirementExpression one, RequirementExpression two) {
        return new And(List.of(one, two));
    }

    @Override
    public AndExpression and(RequirementExpression one, RequirementExpression two, RequirementExpression... more) {
        return new And(Stream.concat(Stream.of(one, two), Stream.of(more)).toList());
    }

    @Override
    public OrExpression or(RequirementExpression one, RequirementExpression two) {
        return new Or(List.of(one, two));
    }

    @Override
    public OrExpression or(RequirementExpression one, RequirementExpression two, RequirementExpression... more) {
        return new Or(Stream.concat(Stream.of(one, two), Stream.of(more)).toList());
    }

    @Override
    public NotExpression not(RequirementExpression one) {
        return new Not(one);
    }

    @Override
    public IdentityExpression identity(Requirement requirement) {
        return new Identity(requirement);
    }

    /** The builder of a requirement. */
    static final class RequirementParts implements RequirementBuilder {
        private final String namespace;
        private Map<String, Object> attributes = new HashMap<>();
        private Map<String, String> directives = new HashMap<>();
        private Resource resource;

        RequirementParts(String namespace) {
            this.namespace = namespace;
        }

        @Override
        public RequirementBuilder addAttribute(String name, Object value) {
            attributes.put(name, value);
            return this;
        }

        @Override
        public RequirementBuilder addDirective(String name, String value) {
            directives.put(name, value);
            return this;
        }

        @Override
        public RequirementBuilder setAttributes(Map<String, Object> all) {
            attributes = new HashMap<>(all);
            return this;
        }

        @Override
        public RequirementBuilder setDirectives(Map<String, String> all) {
            directives = new HashMap<>(all);
            return this;
        }

        @Override
        public RequirementBuilder setResource(Resource of) {
            resource = of;
            return this;
        }

        @Override
        public Requirement build() {
            return new RequirementImpl(resource, namespace, Map.copyOf(directives), Map.copyOf(attributes));
        }

        @Override
        public IdentityExpression buildExpression() {
            return new Identity(build());
        }
    }
}
