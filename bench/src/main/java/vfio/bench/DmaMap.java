// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.nio.ByteBuffer;
import vfio.core.SharedMemory;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;
import vfio.core.iova.IovaRange;
import vfio.iommu.DmaEndpoint;
import vfio.iommu.GroupHandle;
import vfio.iommu.GroupMember;
import vfio.iommu.Iommu;
import vfio.iommu.VfioContainer;

/**
 * Milliseconds to map many pages one by one into a type 1 container, and in turn a tenth of them as the peer: the ratio says
 * how the cost grows.
 */
record DmaMap(String name, int maps, int few) implements Measurement {
    private static final int WARM_UPS = 10;
    private static final int RUNS = 15;

    @Override
    public Result measure(Place place) {
        for (int run = 0; run < WARM_UPS; run++) {
            map(maps);
        }
        double[] many = new double[RUNS];
        double[] less = new double[RUNS];
        for (int run = 0; run < RUNS; run++) {
            many[run] = map(maps);
            less[run] = map(few);
        }
        return Result.of(name, "ms", many, few + " maps", less);
    }

    private static double map(int count) {
        VfioUser user = VfioUser.named("bench");
        Iommu iommu = new Iommu();
        try (GroupHandle group = iommu.add(1, new Member()).open(user);
                VfioContainer container = iommu.openContainer(LockedMemory.unlimited());
                DmaBuffer page = new DmaBuffer(new Page(ByteBuffer.allocateDirect((int) IovaRange.PAGE)))) {
            group.setContainer(container);
            container.setIommu(VfioContainer.TYPE1V2);
            long begin = System.nanoTime();
            int access = VfioContainer.MAP_READ | VfioContainer.MAP_WRITE;
            for (long i = 0; i < count; i++) {
                container.map(access, page, 0, i * 2 * IovaRange.PAGE, IovaRange.PAGE);
            }
            return (System.nanoTime() - begin) / 1e6;
        }
    }

    /** A device that nobody opens. */
    private static final class Member implements GroupMember {
        private final DmaEndpoint endpoint = new DmaEndpoint("bench", fault -> { });

        @Override
        public String name() {
            return endpoint.device();
        }

        @Override
        public DmaEndpoint endpoint() {
            return endpoint;
        }

        @Override
        public Use use() {
            return Use.VFIO;
        }

        @Override
        public DeviceHandle open(String text, VfioUser user) {
            throw new UnsupportedOperationException();
        }

        @Override
        public DeviceHandle openDirect(VfioUser user) {
            throw new UnsupportedOperationException();
        }
    }

    private record Page(ByteBuffer window) implements SharedMemory {
        @Override
        public long size() {
            return IovaRange.PAGE;
        }

        @Override
        public ByteBuffer window(int index) {
            return window;
        }

        @Override
        public void close() {
        }
    }
}
