// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.admin.PciSnapshots.Snapshot;

class SnapshotFacetTest {

    @Test
    void readsEveryFunctionOfABus() {
        try (TestCore test = new TestCore()) {
            test.plug("0000:00:02.0", 0x8086, 0x10d3);
            test.plug("0000:00:01.0", 0x8086, 0x10d3);
            Snapshot snapshot = new SnapshotFacet(test.core).snapshot("test");
            assertEquals(List.of("0000:00:01.0", "0000:00:02.0"),
                    snapshot.functions().stream().map(f -> f.address().toString()).toList());
            assertEquals(256, snapshot.functions().get(0).config().length);
            assertEquals(0, snapshot.unread().size());
        }
    }

    @Test
    void unknownBusesAreEnodev() {
        try (TestCore test = new TestCore()) {
            VfioException e = assertThrows(VfioException.class, () -> new SnapshotFacet(test.core).snapshot("other"));
            assertEquals(Errno.ENODEV, e.errno());
        }
    }
}
