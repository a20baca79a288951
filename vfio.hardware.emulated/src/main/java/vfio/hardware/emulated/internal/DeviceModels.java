// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import vfio.hardware.emulated.model.DeviceModelFactory;

/** The factories of device models by name: the bundle's own, and those of other bundles, which come first. */
final class DeviceModels {
    private final Map<String, DeviceModelFactory> own;
    private final Map<String, DeviceModelFactory> others = new ConcurrentHashMap<>();

    DeviceModels(Map<String, DeviceModelFactory> own) {
        this.own = Map.copyOf(own);
    }

    /** Null where there is none. */
    DeviceModelFactory factory(String name) {
        DeviceModelFactory other = others.get(name);
        return other == null ? own.get(name) : other;
    }

    void add(String name, DeviceModelFactory factory) {
        others.put(name, factory);
    }

    void remove(String name, DeviceModelFactory factory) {
        others.remove(name, factory);
    }
}
