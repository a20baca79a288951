// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_SRIOV;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;
import vfio.pci.decode.DecodedCapability;
import vfio.pci.decode.DecodedConfig;
import vfio.pci.decode.DecodedField;

/** The ids of the VFs in a dump: their own config space has all ones, the SR-IOV capability of their PF has the ids. */
final class DumpedVfs {

    private DumpedVfs() {
    }

    /** Returns the ids of the functions that have none and whose place is that of an enabled VF. */
    static Map<PciAddress, DeviceKey> keys(Collection<DumpedFunction> functions) {
        Map<PciAddress, DumpedFunction> without = new HashMap<>();
        for (DumpedFunction function : functions) {
            if (function.u16(0) == 0xffff && function.whole()) {
                without.put(function.address(), function);
            }
        }
        Map<PciAddress, DeviceKey> keys = new HashMap<>();
        for (DumpedFunction pf : without.isEmpty() ? java.util.List.<DumpedFunction>of() : functions) {
            if (pf.whole()) {
                DecodedConfig.of(pf.config()).capability(true, EXT_CAP_ID_SRIOV)
                        .ifPresent(it -> add(pf, it, without, keys));
            }
        }
        return keys;
    }

    private static void add(DumpedFunction pf, DecodedCapability sriov, Map<PciAddress, DumpedFunction> without,
            Map<PciAddress, DeviceKey> keys) {
        long count = value(sriov, "IOVCtl", "Enable") == 0 ? 0 : value(sriov, "VFs", "Number of VFs");
        int device = (int) value(sriov, "VF Ids", "Device ID");
        for (long i = 0; i < count; i++) {
            long id = pf.address().routingId() + value(sriov, "VF Ids", "VF offset") + i * value(sriov, "VF Ids", "stride");
            DumpedFunction vf = id > 0xffff ? null : without.get(pf.address().withRoutingId((int) id));
            if (vf != null) {
                DeviceKey own = vf.key();
                keys.put(vf.address(), new DeviceKey(pf.u16(0), device, own.subvendor(), own.subdevice(), own.classCode()));
            }
        }
    }

    private static long value(DecodedCapability it, String register, String field) {
        return it.field(register, field).map(DecodedField::value).orElse(0L);
    }
}
