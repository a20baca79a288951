// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.internal.facet.OperatorFacet;
import vfio.pci.core.snapshot.FunctionSnapshot;

class BusSnapshotTest {

    @Test
    void readsEveryFunctionOfABus() {
        try (TestCore test = new TestCore()) {
            test.plug("0000:00:02.0", 0x8086, 0x10d3);
            test.plug("0000:00:01.0", 0x8086, 0x10d3);
            List<FunctionSnapshot> functions = new OperatorFacet(test.core).snapshot("test", Assertions::fail).toList();
            assertEquals(List.of("0000:00:01.0", "0000:00:02.0"),
                    functions.stream().map(f -> f.address().toString()).toList());
            assertEquals(256, functions.get(0).config().length);
        }
    }

    @Test
    void unknownBusesAreEnodev() {
        try (TestCore test = new TestCore()) {
            VfioException e = assertThrows(VfioException.class, () ->
                    new OperatorFacet(test.core).snapshot("other", Assertions::fail));
            assertEquals(Errno.ENODEV, e.errno());
        }
    }
}
