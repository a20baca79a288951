// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import vfio.pci.core.admin.DriverHandover;
import vfio.pci.core.admin.DriverUpdate;

/** A PCI core that writes down what it is asked, in order, and has functions that belong to bundles. */
final class FakeCore implements DriverHandover, DriverUpdate {
    /** The calls about handovers. */
    final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    /** The calls about updates. */
    final List<String> updates = Collections.synchronizedList(new ArrayList<>());
    /** What the next restore answers. */
    volatile Supplier<Map<String, String>> restores = Map::of;
    volatile RuntimeException retireFails;
    /** What users do while they are asked to let go. */
    volatile Runnable retireWaits = () -> { };
    volatile RuntimeException closeFails;
    /** The number of the bundle whose driver a function has. */
    final Map<String, Long> owners = new ConcurrentSkipListMap<>();
    /** The way of a function, {@code idle} where none is given. */
    final Map<String, String> ways = new ConcurrentHashMap<>();
    final Map<String, String> obstacles = new ConcurrentHashMap<>();
    /** What a move of a function does, and what giving it back does. */
    volatile Function<String, RuntimeException> moves = function -> null;
    volatile Function<String, RuntimeException> backs = function -> null;
    volatile String illness;
    volatile long operations;
    /** The bundle that serves since the latest update; -1 before. */
    private volatile long serving = -1;
    private final BundleContext context;

    FakeCore(BundleContext context) {
        this.context = context;
    }

    /** Gives functions to the running bundle of a name. */
    void give(String symbolicName, String... functions) {
        long bundle = Arrays.stream(context.getBundles()).filter(one -> symbolicName.equals(one.getSymbolicName())
                && one.getState() == Bundle.ACTIVE).findFirst().orElseThrow().getBundleId();
        Arrays.stream(functions).forEach(function -> owners.put(function, bundle));
    }

    /** {@code function version} of each, in order. */
    List<String> owned() {
        return owners.entrySet().stream().map(one -> one.getKey() + " " + version(one.getValue())).toList();
    }

    private Object version(long bundleId) {
        Bundle bundle = context.getBundle(bundleId);
        return bundle == null ? "gone" : bundle.getVersion();
    }

    private List<String> of(long bundleId) {
        return owners.entrySet().stream().filter(one -> one.getValue() == bundleId).map(Map.Entry::getKey).toList();
    }

    @Override
    public Handover retire(long bundleId) {
        var bundle = context.getBundle(bundleId);
        calls.add("retire " + bundle.getSymbolicName() + " " + bundle.getVersion() + " state " + bundle.getState());
        retireWaits.run();
        if (retireFails != null) {
            throw retireFails;
        }
        List<String> taken = of(bundleId);
        taken.forEach(owners::remove);
        return new Handover() {
            @Override
            public List<String> functions() {
                return taken;
            }

            @Override
            public Map<String, String> restore() {
                calls.add("restore");
                taken.forEach(function -> {
                    if (context.getBundle(serving) == null) {
                        give(bundle.getSymbolicName(), function);
                    } else {
                        owners.put(function, serving);
                    }
                });
                return restores.get();
            }

            @Override
            public void close() {
                calls.add("close");
                if (closeFails != null) {
                    throw closeFails;
                }
            }
        };
    }

    @Override
    public void giveUp(long bundleId) {
        calls.add("give up " + context.getBundle(bundleId).getSymbolicName());
    }

    @Override
    public Update stage(Set<Long> former, long next) {
        updates.add("stage " + former.stream().sorted().map(this::version).toList() + " " + version(next));
        return new FakeUpdate(former, next);
    }

    private final class FakeUpdate implements Update {
        private final Set<Long> former;
        private final long next;
        private final Map<String, Long> from = new ConcurrentHashMap<>();

        private FakeUpdate(Set<Long> former, long next) {
            this.former = former;
            this.next = next;
        }

        @Override
        public List<Step> plan() {
            return owners.entrySet().stream().filter(one -> former.contains(one.getValue())).map(Map.Entry::getKey)
                    .map(function -> new Step(function, "acme", ways.getOrDefault(function, "idle"), List.of(),
                            obstacles.get(function))).toList();
        }

        private Moved moved(String function) {
            String way = ways.getOrDefault(function, "idle");
            Duration pause = way.equals("idle") ? Duration.ZERO : Duration.ofNanos(20_000);
            return new Moved(function, "acme", way, pause, pause.isZero() ? 0 : 1, pause.isZero() ? 0 : 8);
        }

        @Override
        public Moved move(String function) {
            updates.add("move " + function);
            RuntimeException problem = moves.apply(function);
            if (problem != null) {
                throw problem;
            }
            from.put(function, owners.put(function, next));
            return moved(function);
        }

        @Override
        public Moved back(String function) {
            updates.add("back " + function);
            RuntimeException problem = backs.apply(function);
            if (problem != null) {
                throw problem;
            }
            owners.put(function, from.get(function));
            return moved(function);
        }

        @Override
        public void serve(boolean atLastClose) {
            updates.add("serve " + atLastClose);
            serving = next;
        }

        @Override
        public void withdraw() {
            updates.add("withdraw");
            serving = Collections.max(former);
        }

        @Override
        public Optional<String> illness() {
            return Optional.ofNullable(illness);
        }

        @Override
        public long operations(long enough) {
            return operations;
        }

        @Override
        public void close() {
            updates.add("close");
        }
    }
}
