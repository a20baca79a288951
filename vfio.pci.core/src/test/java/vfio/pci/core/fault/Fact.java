// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.fault;

/** A fact that users rely on as long as a device is open, about which a next version lies. */
public enum Fact {
    NONE, DEVICE_FLAGS, DEVICE_CAPABILITIES, NUMBER_OF_REGIONS, NUMBER_OF_IRQS, OFFSET_SHIFT, REGION_SIZE, REGION_FLAGS,
    REGION_CAPABILITIES, WIDEST, WHOLE, WINDOWS, MEMORY, REGION_MISSING, VENDOR_TYPE, IRQ_FLAGS, IRQ_COUNT, CLAIMED_BYTES,
    MIGRATION, MIGRATION_FLAGS, DIRTY_LOG, FEATURE
}
