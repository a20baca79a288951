// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.devices;

import java.util.Map;
import java.util.concurrent.Executor;
import vfio.hardware.emulated.model.DeviceModelFactory;

/** The device models that this bundle has itself, by name. */
public final class BuiltInModels {

    private BuiltInModels() {
    }

    /** Factories that share a thread. */
    public static Map<String, DeviceModelFactory> factories() {
        Executor thread = DeviceThread.start();
        return Map.of("edu", function -> new EduDevice(function, thread), "scratch", ScratchDevice::new);
    }
}
