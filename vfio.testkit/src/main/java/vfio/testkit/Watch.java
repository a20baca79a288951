// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.pci.core.FunctionBackend;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/**
 * Stands between a driver and what it uses of the core, from its probe on: counts, makes calls fail when asked to, and
 * notes what comes after its remove.
 */
final class Watch {
    /** What a driver's open may call; what undoes never fails. */
    private static final Set<String> FAILING = Set.of("open", "info", "region", "addRegion", "claim");

    private final AtomicInteger opens = new AtomicInteger();
    private final List<AtomicInteger> releases = new CopyOnWriteArrayList<>();
    private final List<String> late = new CopyOnWriteArrayList<>();
    private final AtomicInteger untilFailure = new AtomicInteger(Integer.MAX_VALUE);
    private volatile boolean removed;

    /** The function as the driver is given it. */
    PciFunction function(PciFunction function) {
        ConfigSpace config = between(ConfigSpace.class, function.config(), (method, arguments) -> {
            noteLate("configuration space's " + method.getName());
            return arguments;
        });
        return proxy(PciFunction.class, (proxy, method, arguments) -> {
            noteLate("the function's " + method.getName());
            return method.getName().equals("config") ? config : call(method, function, arguments);
        });
    }

    /** The core below the driver's operations. */
    FunctionBackend backend(FunctionBackend backend) {
        return between(FunctionBackend.class, backend, (method, arguments) -> {
            noteLate("the device's " + method.getName());
            if (FAILING.contains(method.getName()) && untilFailure.getAndDecrement() == 0) {
                throw new VfioException(Errno.EIO, method.getName() + ": made to fail by the contract");
            }
            return switch (method.getName()) {
                case "open" -> {
                    opens.incrementAndGet();
                    yield arguments;
                }
                case "addRegion" -> new Object[] {counted((RegionOperations) arguments[0])};
                default -> arguments;
            };
        });
    }

    private RegionOperations counted(RegionOperations region) {
        AtomicInteger released = new AtomicInteger();
        releases.add(released);
        return between(RegionOperations.class, region, (method, arguments) -> {
            if (method.getName().equals("release")) {
                released.incrementAndGet();
            }
            return arguments;
        });
    }

    private interface Before {
        /** @return the arguments with which the call goes on */
        Object[] call(Method method, Object[] arguments);
    }

    private static <T> T between(Class<T> type, T target, Before before) {
        return proxy(type, (proxy, method, arguments) -> method.getDeclaringClass() == Object.class
                ? call(method, target, arguments)
                : call(method, target, before.call(method, arguments)));
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(Watch.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static Object call(Method method, Object target, Object... arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private void noteLate(String what) {
        if (removed) {
            late.add(what + " on " + Thread.currentThread().getName());
        }
    }

    /** Makes call {@code n} of those that an open makes fail, from 0 on; below 0 none. */
    void failOpenAt(int n) {
        untilFailure.set(n < 0 ? Integer.MAX_VALUE : n);
    }

    /** Whether the call that was to fail was made. */
    boolean failed() {
        return untilFailure.get() < 0;
    }

    /** How often the core's open was called. */
    int opens() {
        return opens.get();
    }

    /** For each region added how often it was released. */
    List<Integer> releases() {
        List<Integer> counts = new ArrayList<>();
        releases.forEach(count -> counts.add(count.get()));
        return counts;
    }

    /** The driver's remove has returned. */
    void removed() {
        removed = true;
    }

    /** What was called since. */
    List<String> late() {
        return List.copyOf(late);
    }
}
