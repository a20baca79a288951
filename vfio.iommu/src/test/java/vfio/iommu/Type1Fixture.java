// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static vfio.iommu.VfioContainer.MAP_READ;
import static vfio.iommu.VfioContainer.MAP_WRITE;
import static vfio.iommu.VfioContainer.TYPE1V2;

import org.junit.jupiter.api.AfterEach;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;

/** A type 1 container with a device's group in it, and memory to map. */
abstract class Type1Fixture {
    static final int RW = MAP_READ | MAP_WRITE;
    static final long P = 4096;

    final LockedMemory limit = new LockedMemory(1L << 30);
    final TestMember member = new TestMember("lamp0");
    final DmaEndpoint lamp = member.endpoint;
    final DmaBuffer buffer = OwnedMemory.buffer(64 * P);
    Iommu iommu = new Iommu(IommuSettings.USUAL);
    GroupHandle group;

    @AfterEach
    void stop() {
        member.close();
    }

    VfioContainer container(int type) {
        VfioContainer container = iommu.openContainer(limit);
        group = iommu.add(7, GroupType.IOMMU, member).open(TestMember.USER);
        group.setContainer(container);
        container.setIommu(type);
        return container;
    }

    VfioContainer v2() {
        return container(TYPE1V2);
    }

    static long parse(String number) {
        return number.startsWith("0x") ? Long.parseUnsignedLong(number.trim().substring(2), 16) : Long.parseLong(number);
    }
}
