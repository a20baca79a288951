// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vfio.core.EventLog;
import vfio.core.SharedMemory;
import vfio.hardware.emulated.FunctionSpec;
import vfio.hardware.emulated.Hotplug;
import vfio.hardware.emulated.devices.BuiltInModels;
import vfio.hardware.emulated.internal.function.DeviceModels;
import vfio.hardware.emulated.internal.function.EmulatedFunction;
import vfio.hardware.emulated.model.DeviceModelFactory;
import vfio.hardware.emulated.topology.BusTopology;
import vfio.hardware.emulated.topology.TopologyException;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.id.PciAddress;

/**
 * The embedded bus. It lives as long as its configuration; a topology that cannot be read leaves the bus as it is, empty at
 * the start, and is reported as an error and as event {@code topology-refused}.
 */
@Component(name = EmulatedBus.PID, configurationPid = EmulatedBus.PID, configurationPolicy = ConfigurationPolicy.REQUIRE,
        service = {PciBus.class, Hotplug.class})
public final class EmulatedBus implements PciBus, Hotplug {
    static final String PID = "vfio.hardware.emulated";
    private static final Logger LOG = System.getLogger(EmulatedBus.class.getName());
    private static final String NAME = "emulated";

    /** The settings of the bus. */
    public @interface Config {
        /** The topology file; empty for the built-in one. */
        String topology() default "";

        /** The folder of the BARs' sparse files when no source of shared memory is installed; empty for java.io.tmpdir. */
        String directory() default "";
    }

    private final EventLog events;
    private final SharedMemory.Source files;
    private final DeviceModels models = new DeviceModels(BuiltInModels.factories());
    private final FunctionTable table;
    private volatile SharedMemory.Source source;
    private BusTopology topology = BusTopology.EMPTY;

    /** Makes the bus of a framework. */
    @Activate
    public EmulatedBus(Config config, @Reference EventLog events) {
        this(config.topology(), config.directory(), events);
    }

    /**
     * Makes the bus with a topology.
     *
     * @param file of the topology, empty for the built-in one
     * @param directory where BARs have their sparse files, empty for java.io.tmpdir
     */
    public EmulatedBus(String file, String directory, EventLog events) {
        this.events = events;
        files = new SparseFiles(Path.of(directory.isEmpty() ? System.getProperty("java.io.tmpdir") : directory), PID);
        table = new FunctionTable(this::allocate, models);
        change(file);
    }

    /** Takes a better source: BARs first touched from now on have their memory from there, those in use stay. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void addSource(SharedMemory.Source better) {
        source = better;
    }

    void removeSource(SharedMemory.Source gone) {
        if (source == gone) {
            source = null;
        }
    }

    /** Takes a factory of device models; functions that name the model have it from their next access on. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addModel(DeviceModelFactory factory, Map<String, Object> properties) {
        if (properties.get(DeviceModelFactory.NAME) instanceof String name) {
            models.add(name, factory);
        } else {
            LOG.log(Level.WARNING, "a factory of device models without the property " + DeviceModelFactory.NAME
                    + " is not used: " + factory.getClass().getName());
        }
    }

    /** Ends the models of a factory that goes. */
    public void removeModel(DeviceModelFactory factory, Map<String, Object> properties) {
        if (properties.get(DeviceModelFactory.NAME) instanceof String name) {
            models.remove(name, factory);
            table.modelsGone(factory);
        }
    }

    private SharedMemory allocate(String name, long size) {
        SharedMemory.Source best = source;
        return (best == null ? files : best).allocate(name, size);
    }

    /** Takes another topology; functions that are the same in both, and those plugged in by hand, stay. */
    @Modified
    void modified(Config config) {
        change(config.topology());
    }

    private synchronized void change(String file) {
        BusTopology next;
        try {
            next = file.isEmpty() ? BusTopology.builtIn() : BusTopology.read(Path.of(file));
        } catch (TopologyException | RuntimeException e) {
            refused(e.getMessage());
            return;
        }
        Set<PciAddress> gone =
                table.unplugAll(topology.functionsNotIn(next).stream().map(FunctionSpec::address).toList());
        List<FunctionSpec> plugged = next.functionsNotIn(topology);
        if (!gone.isEmpty()) { // a bridge that changed took along what is behind it: that comes back with it
            Set<FunctionSpec> different = Set.copyOf(plugged);
            plugged = next.functions().stream().filter(f -> different.contains(f) || gone.contains(f.address())).toList();
        }
        table.plugAll(plugged).forEach(this::refused);
        topology = next;
    }

    private void refused(String why) {
        LOG.log(Level.ERROR, "emulated bus: " + why);
        events.record("topology-refused", NAME, why);
    }

    /** Unplugs all functions. */
    @Deactivate
    public void deactivate() {
        table.clear();
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Virtualization virtualization() {
        return Virtualization.RAW;
    }

    @Override
    public AutoCloseable announce(Listener listener) {
        return table.announce(listener);
    }

    @Override
    public EmulatedFunction plug(FunctionSpec spec) {
        return table.plug(spec);
    }

    @Override
    public void unplug(PciAddress address) {
        table.unplug(address);
    }

    @Override
    public void enableVirtualFunctions(PciAddress pf, int count) {
        table.enableVirtualFunctions(pf, count);
    }

    @Override
    public void driversAutoprobe(PciAddress pf, boolean autoprobe) {
        table.driversAutoprobe(pf, autoprobe);
    }

    @Override
    public EmulatedFunction function(PciAddress address) {
        return table.function(address);
    }

    @Override
    public void raise(PciAddress address, int vector) {
        table.function(address).port().raise(vector);
    }

    @Override
    public void assertIntx(PciAddress address, boolean asserted) {
        table.function(address).port().assertIntx(asserted);
    }

    @Override
    public void reportError(PciAddress address) {
        table.function(address).port().reportError();
    }

    @Override
    public void wakeUp(PciAddress address) {
        table.function(address).port().wakeUp();
    }
}
