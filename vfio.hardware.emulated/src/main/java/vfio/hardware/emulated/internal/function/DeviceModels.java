// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import vfio.hardware.emulated.model.DeviceModelFactory;

/** The factories of device models by name: the bundle's own, and those of other bundles, which come first. */
public final class DeviceModels {
    private final Map<String, DeviceModelFactory> own;
    private final Map<String, DeviceModelFactory> others = new ConcurrentHashMap<>();

    /** Makes the table with the factories of this bundle. */
    public DeviceModels(Map<String, DeviceModelFactory> own) {
        this.own = Map.copyOf(own);
    }

    /** Returns the factory of a name, or null where there is none. */
    public DeviceModelFactory factory(String name) {
        DeviceModelFactory other = others.get(name);
        return other == null ? own.get(name) : other;
    }

    /** Adds a factory of another bundle; it comes before this bundle's own of the same name. */
    public void add(String name, DeviceModelFactory factory) {
        others.put(name, factory);
    }

    /** Removes a factory of another bundle. */
    public void remove(String name, DeviceModelFactory factory) {
        others.remove(name, factory);
    }
}
