// SPDX-License-Identifier: Apache-2.0
package examples.nic.model;

import org.osgi.service.component.annotations.Component;
import vfio.hardware.emulated.model.DeviceModel;
import vfio.hardware.emulated.model.DeviceModelFactory;
import vfio.hardware.emulated.model.ModelPort;

/** Makes the cards of the functions that a topology gives {@code model: nic}. */
@Component(property = DeviceModelFactory.NAME + "=" + NicModelFactory.MODEL)
public final class NicModelFactory implements DeviceModelFactory {
    public static final String MODEL = "nic";

    @Override
    public DeviceModel create(ModelPort function) {
        return new NicModel(function);
    }
}
