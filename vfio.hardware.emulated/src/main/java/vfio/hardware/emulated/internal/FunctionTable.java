// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.hardware.emulated.FunctionSpec;
import vfio.hardware.emulated.internal.function.DeviceModels;
import vfio.hardware.emulated.internal.function.EmulatedFunction;
import vfio.hardware.emulated.internal.function.FunctionBus;
import vfio.hardware.emulated.model.DeviceModelFactory;
import vfio.pci.core.bus.PciBus.Listener;
import vfio.pci.core.id.PciAddress;

/**
 * The coming and going of functions, and its effect on their neighbours. Each change is made under the lock of the functions
 * that are present; the listener is told without it.
 *
 * <p>Lock order: the functions that are present, then a function, then its memory, then its config space. Of what is outside
 * only the source of memory is called with any of them held.
 */
final class FunctionTable implements FunctionBus {
    private static final int FUNCTIONS_OF_A_DEVICE = 8;

    private final PresentFunctions present = new PresentFunctions();
    private final BusResets resets = new BusResets(present);
    private final VfEnable vfs = new VfEnable(present);
    private final SharedMemory.Source memory;
    private final DeviceModels models;

    FunctionTable(SharedMemory.Source memory, DeviceModels models) {
        this.memory = memory;
        this.models = models;
    }

    @Override
    public DeviceModels models() {
        return models;
    }

    @Override
    public SharedMemory.Source memory() {
        return memory;
    }

    /**
     * Tells a listener of all functions, then of changes, until the result is closed.
     *
     * @throws VfioException EBUSY where there is a listener
     */
    AutoCloseable announce(Listener listener) {
        Announcer announcer = present.announce(listener);
        announcer.tellFirst();
        return () -> {
            announcer.close();
            present.silence(announcer);
        };
    }

    /** Tells the listener what has been queued; without a lock. */
    private void tell() {
        Announcer announcer = present.announcer();
        if (announcer != null) {
            announcer.tell();
        }
    }

    /**
     * Plugs a function in.
     *
     * @throws VfioException as {@link vfio.hardware.emulated.Hotplug#plug}
     */
    EmulatedFunction plug(FunctionSpec spec) {
        EmulatedFunction function;
        synchronized (present) {
            function = insert(spec);
        }
        tell();
        return function;
    }

    /**
     * Plugs all in, in their order, as one change; the numbers of groups they name are not given to others.
     *
     * @return why any of them could not be, a sentence each; the others stand
     */
    List<String> plugAll(Collection<FunctionSpec> specs) {
        List<String> refused = new ArrayList<>();
        synchronized (present) {
            specs.forEach(spec -> spec.group().ifPresent(present::reserve));
            for (FunctionSpec spec : specs) {
                try {
                    insert(spec);
                } catch (VfioException e) {
                    refused.add(e.getMessage());
                }
            }
        }
        tell();
        return refused;
    }

    private EmulatedFunction insert(FunctionSpec spec) {
        if (present.at(spec.address()) != null) {
            throw new VfioException(Errno.EEXIST, "plug " + spec.address() + ": the place is taken");
        }
        List<PciAddress> places = spec.enabledVfs() == 0 ? List.of()
                : VfPlaces.free(present.byPlace(), spec.address(), spec.description(), spec.enabledVfs());
        EmulatedFunction function = new EmulatedFunction(this, spec, present.join(spec));
        present.add(function);
        markMultiFunction(function);
        if (!places.isEmpty()) {
            function.enabledVfs(places.size());
            vfs.add(function, places);
        }
        return function;
    }

    /** From the second physical function in a device on, each says that there are more. */
    private void markMultiFunction(EmulatedFunction function) {
        PciAddress place = function.address();
        for (int i = 0; i < FUNCTIONS_OF_A_DEVICE; i++) {
            EmulatedFunction other = i == place.function() ? null
                    : present.at(new PciAddress(place.domain(), place.bus(), place.device(), i));
            if (other != null && !other.isVirtual()) {
                other.multiFunction();
                function.multiFunction();
            }
        }
    }

    /**
     * Unplugs a function, and before it its VFs and what is behind it.
     *
     * @throws VfioException ENODEV where nothing is there; EINVAL for a VF
     */
    void unplug(PciAddress address) {
        synchronized (present) {
            EmulatedFunction function = present.require(address, "unplug");
            if (function.isVirtual()) {
                throw new VfioException(Errno.EINVAL, "unplug " + address + ": a VF goes by its PF "
                        + function.physicalFunction().orElseThrow() + "; disable VFs there");
            }
            present.removeAll(List.of(address));
        }
        tell();
    }

    /** Unplugs those that are still there, and what depends on them; returns the places that were left. */
    Set<PciAddress> unplugAll(Collection<PciAddress> addresses) {
        Set<PciAddress> left = present.removeAll(addresses);
        tell();
        return left;
    }

    @Override
    public void enableVirtualFunctions(PciAddress pf, int count) {
        synchronized (present) {
            vfs.enable(present.physical(pf, "set VFs of"), count);
        }
        tell();
    }

    @Override
    public void virtualFunctionsSwitched(EmulatedFunction pf) {
        synchronized (present) {
            if (present.at(pf.address()) == pf) {
                vfs.follow(pf);
            }
        }
        tell();
    }

    /**
     * Sets {@code sriov_drivers_autoprobe} of a PF.
     *
     * @throws VfioException ENODEV where nothing is there; EOPNOTSUPP without SR-IOV
     */
    void driversAutoprobe(PciAddress pf, boolean autoprobe) {
        synchronized (present) {
            present.physical(pf, "set driver autoprobe of").driversAutoprobe(autoprobe);
        }
    }

    /**
     * Returns the function at a place.
     *
     * @throws VfioException ENODEV where nothing is there
     */
    EmulatedFunction function(PciAddress address) {
        return present.require(address, "find");
    }

    @Override
    public void resetBus(EmulatedFunction function) {
        resets.resetBus(function);
    }

    @Override
    public boolean busResettable(EmulatedFunction function) {
        return resets.resettable(function);
    }

    @Override
    public void resetBelow(EmulatedFunction bridge) {
        resets.resetBelow(bridge);
    }

    /** Ends the device models that a factory made; the factory has gone. */
    void modelsGone(DeviceModelFactory factory) {
        present.all().forEach(function -> function.modelGone(factory));
    }

    /** Removes everything; the listener is told unless it has gone. */
    void clear() {
        synchronized (present) {
            present.removeAll(List.copyOf(present.byPlace().keySet()));
        }
        tell();
    }
}
