// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.devices;

import java.util.Map;
import java.util.concurrent.Executor;
import vfio.hardware.emulated.internal.thread.IdleExecutor;
import vfio.hardware.emulated.model.DeviceModelFactory;

/** The device models that this bundle brings, by name. */
public final class BuiltInModels {

    private BuiltInModels() {
    }

    /** Makes the factories; their models share a thread, on which they do what takes a real device some time. */
    public static Map<String, DeviceModelFactory> factories() {
        Executor thread = IdleExecutor.named("vfio-emulated-devices");
        return Map.of("edu", function -> new EduDevice(function, thread), "scratch", ScratchDevice::new);
    }
}
