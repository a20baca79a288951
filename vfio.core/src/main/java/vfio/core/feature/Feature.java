// SPDX-License-Identifier: Apache-2.0
package vfio.core.feature;

import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A feature of a device. Requests come to it on the callers' threads, several at once, after {@link Features#dispatch} has
 * checked them; an array in the payload, and all of a payload that is an input of a get, it checks itself.
 *
 * @param name the kernel's, in messages
 * @param operations {@link FeatureRequest#GET}, {@link FeatureRequest#SET} or both
 * @param size of the payload in bytes, at least
 * @param answer throws a {@link vfio.core.VfioException} with what is wrong
 */
public record Feature(String name, int operations, int size, Function<FeatureRequest, FeatureReply> answer) {

    public Feature {
        Objects.requireNonNull(name);
        Objects.requireNonNull(answer);
        if (operations == 0 || (operations & ~(FeatureRequest.GET | FeatureRequest.SET)) != 0 || size < 0) {
            throw new IllegalArgumentException("feature " + name + " with operations " + operations + ", size " + size);
        }
    }

    /** Makes a feature to get. */
    public static Feature get(String name, int size, Function<FeatureRequest, FeatureReply> answer) {
        return new Feature(name, FeatureRequest.GET, size, answer);
    }

    /** Makes a feature to set, whose payload stays as it is; {@code act} has all {@code size} bytes of the payload. */
    public static Feature set(String name, int size, Consumer<FeatureRequest> act) {
        return new Feature(name, FeatureRequest.SET, size, request -> {
            request.input(size);
            act.accept(request);
            return FeatureReply.same(request);
        });
    }
}
