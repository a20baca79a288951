// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import vfio.core.Thrown;
import vfio.hardware.emulated.model.DeviceModel;
import vfio.hardware.emulated.model.DeviceModelFactory;
import vfio.hardware.emulated.model.ModelPort;

/** The place of a function's device model, which is made at the first access, and anew when its factory was exchanged. */
final class ModelSlot {
    private static final Logger LOG = System.getLogger(ModelSlot.class.getName());

    private final String name;
    private final DeviceModels models;
    private final ModelPort port;
    private volatile Made made;
    private boolean closed;

    /**
     * A model with its factory.
     *
     * @param model null where the factory failed
     */
    private record Made(DeviceModelFactory factory, DeviceModel model) {
    }

    ModelSlot(String name, DeviceModels models, ModelPort port) {
        this.name = name;
        this.models = models;
        this.port = port;
    }

    /** Returns the model, made now if need be; null where there is no factory or the function is unplugged. */
    DeviceModel current() {
        Made now = made;
        DeviceModelFactory factory = models.factory(name);
        return now != null && now.factory == factory ? now.model : exchange(factory);
    }

    /** Returns the model, or null where none was made. */
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

    /** Ends the model if this factory made it; the factory has gone. */
    synchronized void drop(DeviceModelFactory factory) {
        if (made != null && made.factory == factory) {
            end();
        }
    }

    /** Ends the model for ever; the function is unplugged. */
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
