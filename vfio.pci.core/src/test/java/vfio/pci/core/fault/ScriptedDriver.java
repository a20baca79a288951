// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.fault;

import vfio.pci.core.PciDriver;

/** A driver that does what a script says, told before its first call. */
public interface ScriptedDriver extends PciDriver {
    void follow(Script script);
}
