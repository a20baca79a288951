// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
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

    /** A service, awaited. */
    <T> T service(Class<T> type) {
        await(type.getSimpleName()).atMost(PATIENCE).until(() -> context.getServiceReference(type) != null);
        ServiceReference<T> reference = context.getServiceReference(type);
        return context.getService(reference);
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
                .update(properties);
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
        await("functions").atMost(PATIENCE).until(() -> admin().functions().stream().anyMatch(row -> row.address().equals(EDU)));
    }

    /** Waits until matching is open and has nothing left to do. */
    void awaitMatched() {
        await("matched").atMost(PATIENCE).until(() -> {
            PciAdmin.Status status = admin().status();
            return status.matching() && status.wanted() == 0 && status.functions() > 0;
        });
    }

    FunctionRow function(String address) {
        return admin().function(address).row();
    }

    void awaitDriver(String address, String driver) {
        await(address + " with " + driver).atMost(PATIENCE).until(() -> java.util.Objects.equals(driver, function(address).driver()));
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
        return log().after(after, EventLog.CAPACITY, Duration.ZERO).stream().filter(event -> event.type().equals(type)).toList();
    }

    /** Waits for an event of a type whose text contains {@code part}. */
    Event awaitEvent(String type, String part, long after) {
        await(type + " " + part).atMost(PATIENCE)
                .until(() -> events(type, after).stream().anyMatch(event -> event.text().contains(part)));
        try {
            return events(type, after).stream().filter(event -> event.text().contains(part)).findFirst().orElseThrow();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
