// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import vfio.core.Thrown;
import vfio.hardware.emulated.model.DeviceModel;
import vfio.hardware.emulated.model.DeviceModelFactory;
import vfio.hardware.emulated.model.ModelPort;

/** Where a function's device model is: made at the first access, and made anew when its factory was exchanged. */
final class ModelSlot {
    private static final Logger LOG = System.getLogger(ModelSlot.class.getName());

    private final String name;
    private final DeviceModels models;
    private final ModelPort port;
    private volatile Made made;
    private boolean closed;

    /** @param model null where the factory failed */
    private record Made(DeviceModelFactory factory, DeviceModel model) {
    }

    ModelSlot(String name, DeviceModels models, ModelPort port) {
        this.name = name;
        this.models = models;
        this.port = port;
    }

    /** The model, made now if need be; null where there is no factory, or the function is gone. */
    DeviceModel current() {
        Made now = made;
        DeviceModelFactory factory = models.factory(name);
        return now != null && now.factory == factory ? now.model : exchange(factory);
    }

    /** The model if one was made. */
    DeviceModel made() {
        Made now = made;
        return now == null ? null : now.model;
    }

    private synchronized DeviceModel exchange(DeviceModelFactory factory) {
        if (made == null || made.factory != factory) {
            end();
            made = factory == null || closed ? null : new Made(factory, make(factory));
        }
        return made();
    }

    private DeviceModel make(DeviceModelFactory factory) {
        try {
            return factory.create(port);
        } catch (Throwable e) { // it may come from another bundle
            LOG.log(Level.ERROR, "the model '" + name + "' of " + port.address() + " cannot be made: its registers read all "
                    + "ones", Thrown.copy(e));
            return null;
        }
    }

    /** The factory has gone, and with it what it made. */
    synchronized void drop(DeviceModelFactory factory) {
        if (made != null && made.factory == factory) {
            end();
        }
    }

    synchronized void close() {
        closed = true;
        end();
    }

    private void end() {
        DeviceModel ended = made();
        made = null;
        if (ended != null) {
            try {
                ended.close();
            } catch (Throwable e) { // as above
                LOG.log(Level.ERROR, "the model '" + name + "' of " + port.address() + " failed to close", Thrown.copy(e));
            }
        }
    }
}
