// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.model;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * The maker of device models of one name; a service with the property {@link #NAME}. When it goes, its models are closed and
 * their registers read all ones; when it is back, functions get new ones at the next access.
 */
@ConsumerType
public interface DeviceModelFactory {

    /** The service property by which topologies choose: {@code model: edu}. */
    String NAME = "vfio.model";

    /**
     * Makes the model of a function, as after power-on.
     *
     * @param function the way out of the function, for the model's life
     */
    DeviceModel create(ModelPort function);
}
