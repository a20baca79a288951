// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.reset;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.id.ResetMethod;

/**
 * The order of the reset methods that are tried on a function: all in the kernel's order, or those that an operator has
 * chosen (sysfs {@code reset_method}, drivers/pci/pci-sysfs.c). It lives as long as the function is present, whatever driver
 * is bound.
 */
public final class ResetOrder {
    /** The word in place of names for all methods that there are. */
    public static final String DEFAULT = "default";

    private static final List<ResetMethod> ALL = List.of(ResetMethod.values());

    private volatile List<ResetMethod> chosen;

    /** Returns the methods that are tried, in this order, as far as the function has them; empty where reset is disabled. */
    public List<ResetMethod> methods() {
        List<ResetMethod> now = chosen;
        return now == null ? ALL : now;
    }

    /**
     * Sets the methods that are tried from now on.
     *
     * @param names {@link #DEFAULT} alone, or names in order; none disable reset
     * @param available whether the function has a method
     * @throws VfioException EINVAL for a method that is unknown or that the function does not have, and for too many: the
     *     order stays as it was
     */
    public void choose(String function, List<String> names, Predicate<ResetMethod> available) {
        if (names.equals(List.of(DEFAULT))) {
            chosen = null;
            return;
        }
        String act = "set the reset methods of " + function + ": ";
        List<ResetMethod> methods = new ArrayList<>();
        for (String name : names) {
            ResetMethod method = named(name).orElseThrow(() -> new VfioException(Errno.EINVAL, act + "method '" + name
                    + "' is unknown; there are " + ALL));
            if (!available.test(method)) {
                throw new VfioException(Errno.EINVAL, act + "it has no method " + method);
            }
            methods.add(method);
        }
        if (methods.size() > ALL.size()) {
            throw new VfioException(Errno.EINVAL, act + methods.size() + " methods are more than there are");
        }
        chosen = List.copyOf(methods);
    }

    private static Optional<ResetMethod> named(String name) {
        return Stream.of(ResetMethod.values()).filter(method -> method.toString().equals(name)).findFirst();
    }
}
