// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.awaitility.core.ConditionFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.condition.Condition;
import vfio.core.Event;
import vfio.core.EventLog;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.admin.PciAdmin.FunctionRow;

/** The cores in the framework of a test, as the launcher would run and an operator would see them. */
final class RunningCore {
    static final String EDU = "0000:00:03.0";
    static final String VGA = "0000:00:02.0";
    static final String VF = "0000:01:00.2";
    static final String NVME = "0000:02:00.0";
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final BundleContext context;
    private ServiceRegistration<Condition> settled;

    RunningCore(BundleContext context) {
        this.context = context;
    }

    /** Polls often: most of what is awaited takes a few milliseconds. */
    static ConditionFactory waiting(String what) {
        return await(what).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(10)).atMost(PATIENCE);
    }

    /** A service, awaited. */
    <T> T service(Class<T> type) {
        return waiting(type.getSimpleName()).until(() -> {
            ServiceReference<T> reference = context.getServiceReference(type);
            return reference == null ? null : context.getService(reference);
        }, Objects::nonNull);
    }

    PciAdmin admin() {
        return service(PciAdmin.class);
    }

    EventLog log() {
        return service(EventLog.class);
    }

    /** Sets configuration {@code pid}: keys and values in turn. */
    void configure(String pid, Object... settings) throws IOException {
        Hashtable<String, Object> properties = new Hashtable<>();
        for (int i = 0; i < settings.length; i += 2) {
            properties.put((String) settings[i], settings[i + 1]);
        }
        ConfigurationAdmin configurations = service(ConfigurationAdmin.class);
        int tilde = pid.indexOf('~');
        (tilde < 0 ? configurations.getConfiguration(pid, "?")
                : configurations.getFactoryConfiguration(pid.substring(0, tilde), pid.substring(tilde + 1), "?"))
                .updateIfDifferent(properties);
    }

    /** Gives the emulated bus its built-in functions. */
    void configureBus() throws IOException {
        configure("vfio.hardware.emulated", "topology", "");
    }

    /** Drivers and buses have settled: matching opens. */
    void settle() {
        settled = context.registerService(Condition.class, Condition.INSTANCE,
                new Hashtable<>(Map.of(Condition.CONDITION_ID, "vfio.settled")));
    }

    /** The beginning of the end: everything is unbound when this returns. */
    void unsettle() {
        settled.unregister();
        settled = null;
    }

    /** Waits until the emulated bus has announced its functions. */
    void awaitFunctions() {
        waiting("functions").until(() -> admin().functions().stream().anyMatch(row -> row.address().equals(EDU)));
    }

    /** Waits until matching is open and has nothing left to do. */
    void awaitMatched() {
        waiting("matched").until(() -> {
            PciAdmin.Status status = admin().status();
            return status.matching() && status.wanted() == 0 && status.functions() > 0;
        });
    }

    /** As at the beginning: every function manual, without driver and without override. */
    void reset() {
        admin().policy("*", "manual");
        admin().functions().stream().filter(row -> row.driver() != null).forEach(row -> admin().unbind(row.address()));
        admin().functions().stream().filter(row -> row.override() != null)
                .forEach(row -> admin().override(row.address(), ""));
    }

    FunctionRow function(String address) {
        return admin().function(address).row();
    }

    void awaitDriver(String address, String driver) {
        waiting(address + " with " + driver).until(() -> Objects.equals(driver, function(address).driver()));
    }

    /** The driver of each function that has one. */
    Map<String, String> bound() {
        Map<String, String> drivers = new TreeMap<>();
        admin().functions().stream().filter(row -> row.driver() != null)
                .forEach(row -> drivers.put(row.address(), row.driver()));
        return drivers;
    }

    /** Events of one type after a sequence number. */
    List<Event> events(String type, long after) throws InterruptedException {
        return log().after(after, EventLog.CAPACITY, Duration.ZERO).stream().filter(event -> event.type().equals(type))
                .toList();
    }

    /** Waits for an event of a type whose text contains {@code part}. */
    Event awaitEvent(String type, String part, long after) {
        waiting(type + " " + part)
                .until(() -> events(type, after).stream().anyMatch(event -> event.text().contains(part)));
        try {
            return events(type, after).stream().filter(event -> event.text().contains(part)).findFirst().orElseThrow();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The class loader of a bundle, weakly. */
    WeakReference<ClassLoader> loaderOf(String symbolicName) {
        Bundle bundle = Arrays.stream(context.getBundles()).filter(b -> symbolicName.equals(b.getSymbolicName())).findFirst()
                .orElseThrow();
        return new WeakReference<>(bundle.adapt(BundleWiring.class).getClassLoader());
    }

    /** The class loader of one version of a bundle, weakly. */
    WeakReference<ClassLoader> loaderOf(String symbolicName, String version) {
        Bundle bundle = Arrays.stream(context.getBundles()).filter(b -> symbolicName.equals(b.getSymbolicName())
                && b.getVersion().toString().equals(version)).findFirst().orElseThrow();
        return new WeakReference<>(bundle.adapt(BundleWiring.class).getClassLoader());
    }

    /** Waits until no thread of the cores is left. */
    static void awaitNoThread() {
        waiting("threads of ours to end").until(() -> Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .noneMatch(name -> name.startsWith("vfio-")));
    }

    /** Waits until nothing holds the classes of a bundle that has left. */
    static void awaitCollected(String symbolicName, WeakReference<ClassLoader> loader) {
        waiting("the classes of " + symbolicName + " to be collected").pollInterval(Duration.ofMillis(50)).until(() -> {
            System.gc();
            return loader.refersTo(null);
        });
    }
}
