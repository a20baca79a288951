// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.internal.function.EmulatedFunction;
import vfio.pci.core.id.PciAddress;

/** The places of the VFs of a PF (SR-IOV 1.1 §2.1.2). */
final class VfPlaces {

    private VfPlaces() {
    }

    /**
     * Returns the places of the first {@code count} VFs.
     *
     * @param functions those that are present
     * @throws VfioException ERANGE where a VF is off the domain; EEXIST where another function has its place
     */
    static List<PciAddress> free(Map<PciAddress, EmulatedFunction> functions, PciAddress pf,
            FunctionDescription description, int count) {
        List<PciAddress> places = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long id = description.routingIdOfVf(pf, i);
            if (id > 0xffff) {
                throw new VfioException(Errno.ERANGE, "enable VF " + i + " of " + pf + ": its routing id " + id
                        + " is beyond bus ff; a smaller offset, stride or number is needed");
            }
            PciAddress place = pf.withRoutingId((int) id);
            EmulatedFunction other = functions.get(place);
            if (other != null && !other.physicalFunction().equals(Optional.of(pf))) {
                throw new VfioException(Errno.EEXIST, "enable VF " + i + " of " + pf + ": its place " + place + " is taken");
            }
            places.add(place);
        }
        return List.copyOf(places);
    }
}
