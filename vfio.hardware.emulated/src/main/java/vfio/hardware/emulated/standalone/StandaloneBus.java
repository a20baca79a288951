// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.standalone;

import java.nio.file.Path;
import java.util.Map;
import vfio.core.EventLog;
import vfio.hardware.emulated.Hotplug;
import vfio.hardware.emulated.internal.EmulatedBus;
import vfio.hardware.emulated.model.DeviceModelFactory;
import vfio.pci.core.bus.PciBus;

/**
 * An emulated bus that is made by its user instead of a framework; any number may live side by side. What services are in a
 * framework are methods here: the bus, its hotplug, and the factories of device models.
 */
public final class StandaloneBus implements AutoCloseable {
    private final EmulatedBus bus;

    private StandaloneBus(EmulatedBus bus) {
        this.bus = bus;
    }

    /** Makes a bus with the built-in topology; BARs are sparse files in java.io.tmpdir. */
    public static StandaloneBus builtIn() {
        return new StandaloneBus(new EmulatedBus("", "", new EventLog()));
    }

    /**
     * Makes a bus with a topology file. One that cannot be read leaves the bus empty.
     *
     * @param directory where BARs have their sparse files
     * @param events where a topology that cannot be read is recorded as {@code topology-refused}
     */
    public static StandaloneBus of(Path topology, Path directory, EventLog events) {
        return new StandaloneBus(new EmulatedBus(topology.toString(), directory.toString(), events));
    }

    /** Returns the bus, which announces its functions. */
    public PciBus bus() {
        return bus;
    }

    /** Returns the hotplug of the bus: functions are plugged in, pulled out and made to interrupt by it. */
    public Hotplug hotplug() {
        return bus;
    }

    /** Adds a factory of device models under a name, by which descriptions choose ({@code Builder.model}). */
    public void addModel(String name, DeviceModelFactory factory) {
        bus.addModel(factory, Map.of(DeviceModelFactory.NAME, name));
    }

    /** Removes a factory of device models, and closes the models that it made. */
    public void removeModel(String name, DeviceModelFactory factory) {
        bus.removeModel(factory, Map.of(DeviceModelFactory.NAME, name));
    }

    /** Unplugs all functions. */
    @Override
    public void close() {
        bus.deactivate();
    }
}
