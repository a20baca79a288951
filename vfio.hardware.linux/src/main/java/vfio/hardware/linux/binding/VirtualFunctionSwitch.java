// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.util.List;
import java.util.stream.IntStream;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.hardware.linux.guard.OpenFiles.Holder;
import vfio.pci.core.id.PciAddress;

/** The switch of a PF's VFs, {@code sriov_numvfs}, by which they appear on the host or go. */
public final class VirtualFunctionSwitch {
    private final GuardedFunction physical;
    private final HostSide side;

    /** Reads and changes nothing yet. */
    public VirtualFunctionSwitch(GuardedFunction physical, HostSide side) {
        this.physical = physical;
        this.side = side;
    }

    /**
     * Sets the number of VFs.
     *
     * @param virtual the VFs that are there
     * @throws VfioException ENOTTY where the function is no PF; ERANGE above TotalVFs; EBUSY where VFs are there, or one is
     *     in use; ENOENT where its host driver makes none; ETIMEDOUT
     */
    public void set(int count, List<PciAddress> virtual) {
        Uninterrupted.call("vfio-host " + physical, () -> { // an interrupted read would look like no use
            setWhole(count, virtual);
            return null;
        });
    }

    private void setWhole(int count, List<PciAddress> virtual) {
        String act = "set " + count + " VFs of " + physical;
        int total = physical.directory().optionalNumber("sriov_totalvfs", warning -> { })
                .orElseThrow(() -> new VfioException(Errno.ENOTTY, act + ": it is no PF"));
        if (count < 0 || count > total) {
            throw new VfioException(Errno.ERANGE, act + ": it can have 0 to " + total);
        }
        if (count == virtual.size()) {
            return;
        }
        if (count > 0 && !virtual.isEmpty()) {
            throw new VfioException(Errno.EBUSY, act + ": it has " + virtual.size() + "; take those away with 0 first");
        }
        IntStream.range(0, virtual.size()).forEach(i -> refuseIfUsed(act, i, virtual.get(i)));
        side.outside().write(physical.address(), physical.directory().path().resolve("sriov_numvfs"), String.valueOf(count));
    }

    /**
     * Refuses where a VF is in use: taking it away waits for the processes that have it open, and takes its disk or
     * interface.
     */
    private void refuseIfUsed(String act, int index, PciAddress address) {
        GuardedFunction virtual = new GuardedFunction(address, physical.directory().child("virtfn" + index));
        side.guards().checkUnused(act, virtual);
        List<Holder> holders = side.nodes().holders(virtual);
        if (!holders.isEmpty()) {
            throw new VfioException(Errno.EBUSY, act + ": VF " + address + ": "
                    + String.join("; ", holders.stream().map(Holder::toString).toList()) + "; close it there first");
        }
    }
}
