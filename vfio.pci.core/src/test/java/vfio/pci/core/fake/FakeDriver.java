// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.fake;

import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.Version;
import vfio.core.IrqRequest;
import vfio.pci.core.Opening;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.PciDeviceId;

/** A driver service of a bundle of its own, which counts its calls and does what a test tells it. */
public final class FakeDriver implements PciDriver {
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    public final String name;
    public final Map<String, Object> properties = new HashMap<>();
    public final List<String> probed = new CopyOnWriteArrayList<>();
    public final List<String> removed = new CopyOnWriteArrayList<>();
    public final List<PciDeviceId> ids = new CopyOnWriteArrayList<>();
    public final AtomicInteger held = new AtomicInteger();
    public volatile Function<VfioPciDevice, PciBinding> onProbe = Operations::new;
    public volatile Runnable onRemove = () -> { };
    public volatile Runnable onOpen = () -> { };
    /** Within a user's call through the device. */
    public volatile Runnable onIrqs = () -> { };
    public volatile Runnable onTake = () -> { };
    public volatile boolean activates = true;
    public volatile Bundle bundle;
    private final int number = NUMBERS.incrementAndGet();

    public FakeDriver(String name) {
        this.name = name;
        properties.put("vfio.pci.driver", name);
        from(name + ".bundle", 100 + number, "1.0.0");
    }

    /** A driver of override-only entries. */
    public static FakeDriver flagged(String name, String... entries) {
        return new FakeDriver(name).with("overrideOnly", entries);
    }

    /** A driver of ordinary entries. */
    public static FakeDriver ordinary(String name, String... entries) {
        return new FakeDriver(name).with("ids", entries);
    }

    public FakeDriver with(String property, Object value) {
        properties.put(property.contains(".") ? property : "vfio.pci." + property, value);
        return this;
    }

    /** Uses functions itself. */
    public FakeDriver owner() {
        onProbe = device -> new PciFunctionOwner() {
            @Override
            public VfioPciDevice device() {
                return device;
            }
        };
        return with("vfio", false);
    }

    public FakeDriver from(String symbolicName, long id, String version) {
        bundle = fake(Bundle.class, Map.of("getBundleId", a -> id, "getSymbolicName", a -> symbolicName, "getVersion",
                a -> Version.parseVersion(version), "getLastModified", a -> id * 1000));
        return this;
    }

    public final ServiceReference<PciDriver> reference = reference();

    @SuppressWarnings("unchecked")
    private ServiceReference<PciDriver> reference() {
        return fake(ServiceReference.class, Map.of("getProperty", a -> properties.get(a[0]), "getPropertyKeys",
                a -> properties.keySet().toArray(String[]::new), "getBundle", a -> bundle, "compareTo",
                a -> System.identityHashCode(this) - a[0].hashCode()));
    }

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        probed.add(device.address().toString());
        ids.add(id);
        return onProbe.apply(device);
    }

    public PciDriver take() {
        onTake.run();
        if (!activates) {
            return null;
        }
        held.incrementAndGet();
        return this;
    }

    /** Answers the named methods, and is an object of identity. */
    public static <T> T fake(Class<T> type, Map<String, Function<Object[], Object>> answers) {
        Object fake = Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
            if (answers.containsKey(method.getName())) {
                return answers.get(method.getName()).apply(arguments);
            }
            return switch (method.getName()) {
                case "hashCode" -> System.identityHashCode(self);
                case "equals" -> self == arguments[0];
                case "toString" -> type.getSimpleName();
                default -> throw new UnsupportedOperationException(method.toString());
            };
        });
        return type.cast(fake);
    }

    /** What this driver makes of a function. */
    public class Operations extends VfioPciOperations {
        public Operations(VfioPciDevice device) {
            super(device);
        }

        @Override
        protected void openDevice(Opening opening) {
            onOpen.run();
        }

        @Override
        public int setIrqs(IrqRequest request) {
            onIrqs.run();
            return super.setIrqs(request);
        }

        @Override
        public void remove() {
            removed.add(device().address().toString());
            onRemove.run();
        }
    }
}
