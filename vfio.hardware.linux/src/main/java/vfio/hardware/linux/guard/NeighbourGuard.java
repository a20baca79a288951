// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import vfio.pci.core.id.PciAddress;

/**
 * The guard of functions with a neighbour, in the same IOMMU group, whose driver does DMA by itself. The kernel lets nobody
 * open such a group (it is not viable), and binds no such driver while the group is open.
 */
final class NeighbourGuard implements HostGuard {
    private final List<HostGuard> guards;
    private final Predicate<GuardedFunction> vfio;

    /**
     * Makes the guard.
     *
     * @param guards that each neighbour is asked by
     * @param vfio tells whether VFIO has a function
     */
    NeighbourGuard(List<HostGuard> guards, Predicate<GuardedFunction> vfio) {
        this.guards = guards;
        this.vfio = vfio;
    }

    @Override
    public String name() {
        return "neighbours";
    }

    @Override
    public List<String> objections(GuardedFunction function, String driver) {
        List<String> objections = new ArrayList<>();
        for (String name : function.directory().child("iommu_group/devices").names()) {
            if (!name.equals(function.directory().path().getFileName().toString())) {
                objection(function, name, objections);
            }
        }
        return objections;
    }

    private void objection(GuardedFunction function, String name, List<String> objections) {
        GuardedFunction neighbour = new GuardedFunction(address(name, function),
                function.directory().child("iommu_group/devices/" + name));
        String bound = GuardedFunction.dmaDriver(neighbour.directory()).orElse(null);
        if (bound == null || vfio.test(neighbour)) {
            return;
        }
        List<String> uses = guards.stream().flatMap(guard -> guard.objections(neighbour, null).stream()).toList();
        objections.add("neighbour " + neighbour + " of group " + function.group().map(String::valueOf).orElse("?")
                + " is bound to " + bound + "; bind it to a VFIO driver of the host too, or unbind it"
                + (uses.isEmpty() ? "" : ", but " + String.join(", and ", uses)));
    }

    /** Returns the address of a name; for a name that is none, which no kernel gives, the function's own. */
    private static PciAddress address(String name, GuardedFunction function) {
        try {
            return PciAddress.parse(name);
        } catch (IllegalArgumentException e) {
            return function.address();
        }
    }
}
