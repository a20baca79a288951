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
import java.util.function.BiConsumer;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.standalone.StandaloneFunction;

/**
 * Stands between a driver and what it uses of the core, from its probe on: counts, makes calls fail when asked to, and
 * notes what comes after its remove.
 */
final class Watch implements StandaloneFunction.Observer {
    /** What a driver's open may call; what undoes never fails. */
    private static final Set<String> FAILING = Set.of("open", "info", "region", "addRegion", "claim", "memory");

    private final AtomicInteger opens = new AtomicInteger();
    private final List<AtomicInteger> releases = new CopyOnWriteArrayList<>();
    private final List<String> late = new CopyOnWriteArrayList<>();
    private final AtomicInteger untilFailure = new AtomicInteger(Integer.MAX_VALUE);
    private volatile boolean removed;
    /** Whether the core's regions are seen too, which makes their memory answer with code between. */
    private volatile boolean seesRegions;
    /** What the driver changes of the device; null while nobody asks. */
    private volatile List<String> changes;

    @Override
    public PciFunction seen(PciFunction function) {
        ConfigSpace config = between(ConfigSpace.class, function.config(), (method, arguments) -> {
            noteLate("configuration space's " + method.getName());
            if (method.getName().equals("write")) {
                noteChange("configuration space at 0x%x".formatted((int) arguments[0]));
            }
        });
        return proxy(PciFunction.class, (proxy, method, arguments) -> {
            noteLate("the function's " + method.getName());
            if (method.getName().equals("enableVirtualFunctions")) {
                noteChange("the number of VFs");
            }
            return method.getName().equals("config") ? config : call(method, function, arguments);
        });
    }

    @Override
    public void calling(String call) {
        noteLate("the device's " + call);
        if (FAILING.contains(call) && untilFailure.getAndDecrement() == 0) {
            throw new VfioException(Errno.EIO, call + ": made to fail by the contract");
        }
        if (call.equals("open")) {
            opens.incrementAndGet();
        }
    }

    @Override
    public RegionOperations adding(RegionOperations region) {
        AtomicInteger released = new AtomicInteger();
        releases.add(released);
        return between(RegionOperations.class, region, (method, arguments) -> {
            if (method.getName().equals("release")) {
                released.incrementAndGet();
            }
        });
    }

    @Override
    public RegionOperations answering(int index, RegionOperations region) {
        return !seesRegions ? region : between(RegionOperations.class, region, (method, arguments) -> {
            if (method.getName().equals("write")) {
                noteChange("region %d at 0x%x".formatted(index, (long) arguments[0]));
            }
        });
    }

    private static <T> T between(Class<T> type, T target, BiConsumer<Method, Object[]> before) {
        return proxy(type, (proxy, method, arguments) -> {
            if (method.getDeclaringClass() != Object.class) {
                before.accept(method, arguments);
            }
            return call(method, target, arguments);
        });
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

    private void noteChange(String what) {
        List<String> noted = changes;
        if (noted != null) {
            noted.add(what);
        }
    }

    /** Sees the core's regions too, from the next open on. */
    void seeRegions() {
        seesRegions = true;
    }

    /** What of the device the driver writes in an act. */
    List<String> changesIn(Runnable act) {
        List<String> noted = new CopyOnWriteArrayList<>();
        changes = noted;
        try {
            act.run();
        } finally {
            changes = null;
        }
        return noted;
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
