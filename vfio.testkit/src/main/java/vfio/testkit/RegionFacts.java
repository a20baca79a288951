// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static vfio.pci.core.id.PciRegisters.COMMAND;
import static vfio.pci.core.id.PciRegisters.COMMAND_MEMORY;
import static vfio.testkit.Facts.notChecked;
import static vfio.testkit.Facts.refusal;
import static vfio.testkit.Facts.require;
import static vfio.testkit.Facts.wrong;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Mapping;
import vfio.core.device.Region;
import vfio.core.info.RegionInfo;
import vfio.core.info.SparseMmap;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.RegionIndex;

/** Regions, the core's and the driver's own. */
interface RegionFacts extends Facts {
    int PIECE = 64;
    /** Of a larger region its two ends are read. */
    long END = 1 << 16;

    @Test
    default void regionInfoIsCoherent() {
        try (DeviceHandle handle = open()) {
            int regions = handle.info().regions();
            require(regions >= RegionIndex.NUM_REGIONS, "info tells of " + regions + " regions",
                    "a PCI device has 9 fixed ones; take super.info() and add your regions by opening.addRegion");
            Set<List<Integer>> types = new HashSet<>();
            for (RegionInfo info : infos(handle)) {
                coherent(info);
                List<Integer> type = type(info);
                require(type == null || types.add(type), "two regions are of the same type and subtype " + type,
                        "give each region that you add a subtype of its own");
            }
            require(refusal(() -> handle.regionInfo(regions)) == Errno.EINVAL, "there is a region of index " + regions
                    + ", and info tells of " + regions, "take super.info()");
        }
    }

    /** Those that are there, empty ones too. */
    static List<RegionInfo> infos(DeviceHandle handle) {
        List<RegionInfo> infos = new ArrayList<>();
        for (int index = 0; index < handle.info().regions(); index++) {
            int i = index;
            if (refusal(() -> handle.regionInfo(i)) == null) {
                infos.add(handle.regionInfo(i));
            }
        }
        return infos;
    }

    /** Where areas lie the core looks at by itself, and refuses the open. */
    private static void coherent(RegionInfo info) {
        require(SparseMmap.of(info).isEmpty() || (info.flags() & RegionInfo.MMAP) != 0, "region " + info.index()
                + " has areas to map and no memory", "tell SPARSE_MMAP only where memory() is given");
    }

    private static List<Integer> type(RegionInfo info) {
        return info.capabilities().stream().filter(c -> c.id() == RegionInfo.CAP_TYPE && c.payload().remaining() == 8)
                .map(c -> List.of(c.payload().getInt(0), c.payload().getInt(4))).findFirst().orElse(null);
    }

    @Test
    default void everyReadableByteIsReadable() {
        try (DeviceHandle handle = open()) {
            for (RegionInfo info : readable(handle)) {
                Region region = handle.region(info.index());
                each(this, info, position -> {
                    try {
                        region.read(position, ByteBuffer.allocate(PIECE));
                    } catch (VfioException e) {
                        wrong("reading " + PIECE + " bytes at " + position + " of region " + info.index()
                                + ", which has flag READ "
                                + "and " + info.size() + " bytes, failed: " + e.getMessage(),
                                "answer every piece of 1, 2, 4 and "
                                + "8 bytes up to widest(), 0 where nothing is; or override readable(region, position)");
                    }
                });
            }
        }
    }

    /** VGA has holes and is the core's. */
    static List<RegionInfo> readable(DeviceHandle handle) {
        return infos(handle).stream()
                .filter(i -> (i.flags() & RegionInfo.READ) != 0 && i.index() != RegionIndex.VGA).toList();
    }

    /** Each piece of a region that may be read, of a large one those at its ends. */
    static void each(Facts facts, RegionInfo info, LongConsumer piece) {
        for (long position = 0; position < info.size(); position += PIECE) {
            if (position == END && info.size() > 2 * END) {
                position = info.size() - END & -PIECE;
            }
            if (facts.readable(info.index(), position)) {
                piece.accept(position);
            }
        }
    }

    @Test
    default void aRegionEndsWhereItsSizeSays() {
        try (DeviceHandle handle = open()) {
            for (RegionInfo info : readable(handle)) {
                if (info.index() != RegionIndex.CONFIG) {
                    Region region = handle.region(info.index());
                    Errno answered = refusal(() -> region.read8(info.size()));
                    require(answered == Errno.EINVAL, "a read behind the end of region " + info.index()
                            + " was answered with "
                            + answered + ", not with EINVAL",
                            "leave whole() false: only configuration space refuses as a whole");
                }
            }
        }
    }

    @Test
    default void readersReadInParallel() throws Exception {
        try (DeviceHandle handle = open()) {
            for (RegionInfo info : readable(handle)) {
                Region region = handle.region(info.index());
                if (readable(info.index(), 0) && refusal(() -> region.read8(0)) == null) {
                    readByMany(region, (int) Math.min(info.size(), PIECE));
                }
            }
        }
    }

    private static void readByMany(Region region, int bytes) throws Exception {
        int readers = 4;
        CyclicBarrier together = new CyclicBarrier(readers);
        List<CompletableFuture<Void>> reading = new ArrayList<>();
        for (int i = 0; i < readers; i++) {
            CompletableFuture<Void> read = new CompletableFuture<>();
            reading.add(read);
            new Thread(() -> {
                try {
                    together.await();
                    for (int turn = 0; turn < 100; turn++) {
                        region.read(0, ByteBuffer.allocate(bytes));
                    }
                    read.complete(null);
                } catch (Exception e) {
                    read.completeExceptionally(e);
                }
            }, "contract reader " + i).start();
        }
        for (CompletableFuture<Void> read : reading) {
            Throwable failure = read.handle((done, thrown) -> thrown).join();
            require(failure == null, "region " + region.info().index() + " cannot be read by several threads at once: "
                    + failure,
                    "read and write of a region are called on the users' threads, several at once: guard what they share");
        }
    }

    @Test
    default void noMemoryIsReachedWhileItsDecodingIsOff() {
        try (DeviceHandle handle = open()) {
            List<Region> bars = memory(handle);
            List<Mapping> mappings = bars.stream().filter(bar -> (bar.info().flags() & RegionInfo.MMAP) != 0)
                    .map(bar -> handle.map(bar.info().index())).toList();
            decode(handle, false);
            for (Region bar : bars) {
                Errno answered = refusal(() -> bar.read8(0));
                require(answered == Errno.EIO, "BAR " + bar.info().index() + " answered " + answered
                        + " and not EIO while memory decoding is off", "let users' writes of the command register reach "
                        + "super.region(7), and claim no byte of it");
            }
            require(mappings.stream().allMatch(mapping -> mapping.read8(0) == -1),
                    "a mapping reads other than ones while memory "
                    + "decoding is off", "give memory() to the core and keep no mapping of your own for users");
            decode(handle, true);
            for (Region bar : bars) {
                Errno answered = refusal(() -> bar.read8(0));
                require(answered == null, "BAR " + bar.info().index() + " answers " + answered
                        + " after memory decoding was off "
                        + "and is on again", "let users' writes of the command register reach super.region(7)");
            }
        }
    }

    /** The memory BARs that can be read, of which one can be asked. */
    private List<Region> memory(DeviceHandle handle) {
        List<Region> bars = rig().function().bars().stream().filter(bar -> !bar.io()).map(Bar::index)
                .filter(bar -> (handle.regionInfo(bar).flags() & RegionInfo.READ) != 0 && readable(bar, 0))
                .map(handle::region).filter(bar -> refusal(() -> bar.read8(0)) == null).toList();
        return bars.isEmpty() ? notChecked("the function has no memory BAR that can be read") : bars;
    }

    private static void decode(DeviceHandle handle, boolean on) {
        Region config = handle.region(RegionIndex.CONFIG);
        int command = config.read16(COMMAND);
        config.write16(COMMAND, (short) (on ? command | COMMAND_MEMORY : command & ~COMMAND_MEMORY));
    }

    @Test
    default void vendorRegionsTellTheirType() {
        try (DeviceHandle handle = open()) {
            vendors(handle);
            for (int index = RegionIndex.NUM_REGIONS; index < handle.info().regions(); index++) {
                require(type(handle.regionInfo(index)) != null, "region " + index
                        + " has no TYPE capability, so that users do not "
                        + "know what it is", "add regions by opening.addRegion, and delegate capabilities() where you "
                        + "wrap one");
            }
        }
    }

    private void vendors(DeviceHandle handle) {
        if (handle.info().regions() <= RegionIndex.NUM_REGIONS) {
            notChecked("the driver adds no regions");
        }
    }

    @Test
    default void closeReleasesVendorRegionsOnce() {
        try (DeviceHandle handle = open()) {
            vendors(handle);
        }
        List<Integer> releases = rig().watch().releases();
        require(releases.stream().allMatch(count -> count == 1), "the regions that openDevice added were released "
                + releases
                + " times", "return them from region(index) by super.region(index), and delegate release() where you wrap "
                + "one");
    }
}
