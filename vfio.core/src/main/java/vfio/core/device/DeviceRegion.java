// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.info.InfoCapability;
import vfio.core.info.RegionInfo;
import vfio.core.info.RegionPart;

/**
 * A region of an open device: the driver's answers, asked once, and the gate before the driver. Answers that no region can
 * have refuse the open. Once the device is closed the region refers to the driver no longer, even where a user keeps the
 * region.
 */
@CallPath(gated = {"read", "write", "wakes"})
final class DeviceRegion {
    private final String name;
    private final RegionInfo info;
    private final MappableParts mappable;
    private final List<RegionPart> windows;
    private final int widest;
    private final boolean whole;
    private final int index;
    private final Gate gate = new Gate();
    private final Gate calls;
    private final Set<Mapping> mappings = new HashSet<>();
    private final boolean direct;
    private volatile boolean blocked;
    /** Null once the device is closed. */
    private volatile Driver driver;

    /** The objects of the driver's side that a call needs. */
    private record Driver(RegionOperations region, SharedMemory memory, Seat seat) {
    }

    private DeviceRegion(String device, int index, RegionOperations operations, Seat seat, Gate calls) {
        this.calls = calls;
        VfioOperations owner = seat.operations();
        name = "region " + index + " of " + device;
        this.index = index;
        long size = operations.size();
        widest = operations.widest();
        whole = operations.whole();
        SharedMemory memory = size > 0 ? operations.memory() : null;
        driver = new Driver(operations, memory, seat);
        windows = List.copyOf(operations.windows());
        int shift = owner.offsetShift();
        if (size < 0 || widest < 1 || widest > Long.BYTES || Integer.bitCount(widest) != 1 || shift < 20 || shift > 56
                || memory != null && memory.size() < size || !windows.stream().allMatch(window -> window.within(size))) {
            throw seat.worker().lied(Errno.EINVAL, "open " + name + ": the driver answered size " + size + ", widest piece "
                    + widest + ", offset shift " + shift + (memory == null ? "" : ", memory of " + memory.size())
                    + (windows.isEmpty() ? "" : ", " + windows));
        }
        int flags = operations.flags() & (RegionInfo.READ | RegionInfo.WRITE) | (memory == null ? 0 : RegionInfo.MMAP);
        info = new RegionInfo(index, size == 0 ? 0 : flags, size, (long) index << shift, copied(operations.capabilities()));
        mappable = MappableParts.of(name, info);
        direct = memory != null && operations instanceof MemoryRegion region && region.open() && size == memory.size();
    }

    /** Opens a region, on the driver's worker; returns null where the device has no region of this index. */
    static DeviceRegion open(String device, int index, Seat seat, Gate calls) {
        RegionOperations region;
        try {
            region = seat.operations().region(index);
        } catch (VfioException e) {
            if (e.errno() == Errno.EINVAL) {
                return null;
            }
            throw e;
        }
        if (region == null) {
            throw seat.worker().lied(Errno.EIO, "open region " + index + " of " + device + ": the driver answered null");
        }
        return new DeviceRegion(device, index, region, seat, calls);
    }

    /** Copies a list, whose class may be the driver's; the class of its entries is this bundle's. */
    private static List<InfoCapability> copied(List<InfoCapability> capabilities) {
        return new ArrayList<>(capabilities);
    }

    /** Tells whether a mask with a bit for each region has this region's bit. */
    boolean in(long mask) {
        return index < Long.SIZE && (mask >>> index & 1) != 0;
    }

    String name() {
        return name;
    }

    RegionInfo info() {
        return info;
    }

    int widest() {
        return widest;
    }

    /** Tells whether an access that does not fit is refused as a whole. */
    boolean whole() {
        return whole;
    }

    /** Tells whether memory of the core's own answers, without any code between. */
    boolean direct() {
        return direct;
    }

    /**
     * Returns the position behind the last byte that an access from {@code position} on can reach.
     *
     * @return {@code position} where nothing answers there
     */
    long end(long position) {
        if (windows.isEmpty()) {
            return position < 0 ? position : Math.max(position, info.size());
        }
        for (RegionPart window : windows) {
            if (window.contains(position)) {
                return window.end();
            }
        }
        return position;
    }

    /**
     * Checks that users may map a part.
     *
     * @throws VfioException EINVAL where the region has no memory, or none that can be mapped at this place
     */
    void checkMap(long offset, long size) {
        mappable.check(name, offset, size);
    }

    /** Maps a part that {@link #checkMap} has passed. */
    Mapping map(long offset, long size) {
        return track(new Mapping(live("map").memory, offset, size));
    }

    private synchronized Mapping track(Mapping mapping) {
        mappings.add(mapping);
        if (blocked) {
            mapping.block();
        }
        return mapping;
    }

    synchronized void forget(Mapping mapping) {
        mappings.remove(mapping);
    }

    synchronized void block() {
        blocked = true;
        gate.block();
        mappings.forEach(Mapping::block);
    }

    /** Lets accesses in again; mappings stay blocked. */
    synchronized void admit() {
        gate.unblock();
    }

    synchronized void unblock() {
        blocked = false;
        gate.unblock();
        mappings.forEach(Mapping::unblock);
    }

    /** Tells whether the calling thread is inside an access. */
    boolean mine() {
        return gate.mine();
    }

    boolean awaitEmpty(Duration patience) {
        return gate.awaitEmpty(patience);
    }

    /**
     * Enters the gate for an access of some pieces.
     *
     * @param waits whether the call waits while the driver is exchanged
     * @throws VfioException EIO where the region is blocked and cannot be woken; ENODEV where the device is closed
     */
    void enter(String act, boolean waits) {
        if (gate.enter(waits) || blocked && wakes(act, waits) && gate.enter(waits)) {
            return;
        }
        if (gate.isShut()) {
            throw gone(act);
        }
        throw new VfioException(Errno.EIO, act + " " + name + ": its memory is disabled, or the device sleeps or is being "
                + "reset; enable memory in its command register first");
    }

    /** Has the driver wake the device, inside the gate of the device's calls, since the region's own has refused. */
    private boolean wakes(String act, boolean waits) {
        if (!calls.enter(waits)) {
            throw gone(act);
        }
        try {
            return woken(act, live(act));
        } finally {
            calls.leave();
        }
    }

    private boolean woken(String act, Driver now) {
        try {
            return now.seat.operations().wake(index);
        } catch (Throwable e) { // a driver may throw anything
            throw now.seat.worker().thrown(act + " " + name, e);
        }
    }

    void leave() {
        gate.leave();
    }

    long read(long position, int width) {
        Driver now = live("read");
        try {
            return now.region.read(position, width);
        } catch (Throwable e) { // a driver may throw anything
            throw now.seat.worker().thrown("read " + name, e);
        }
    }

    void write(long position, int width, long value) {
        Driver now = live("write");
        try {
            now.region.write(position, width, value);
        } catch (Throwable e) { // a driver may throw anything
            throw now.seat.worker().thrown("write " + name, e);
        }
    }

    private Driver live(String act) {
        Driver now = driver;
        if (now == null) {
            throw gone(act);
        }
        return now;
    }

    private VfioException gone(String act) {
        return new VfioException(Errno.ENODEV, act + " " + name + ": the device was closed or revoked; open it again");
    }

    Gate gate() {
        return gate;
    }

    /** Tells the first fact that another driver answers otherwise. */
    Optional<String> difference(DeviceRegion other) {
        return Difference.of(name, info, other.info)
                .or(() -> Difference.of("the widest piece of " + name, widest, other.widest))
                .or(() -> Difference.of("whether an access that leaves " + name + " fails as a whole", whole, other.whole))
                .or(() -> Difference.of("the windows of " + name, windows, other.windows))
                .or(() -> direct == other.direct && memory() == other.memory() ? Optional.empty()
                        : Optional.of("the memory of " + name + " would be another one"));
    }

    boolean hasMemoryOf(ClassLoader loader) {
        SharedMemory memory = memory();
        return memory != null && memory.getClass().getClassLoader() == loader;
    }

    private SharedMemory memory() {
        Driver now = driver;
        return now == null ? null : now.memory;
    }

    /** Has another driver's region, which has the same facts, answer from now on; nobody is inside. */
    void install(DeviceRegion other) {
        if (driver != null) {
            driver = other.driver;
        }
    }

    /** Shuts the gate for ever. */
    void close() {
        gate.shut();
    }

    /** Releases the driver's region and drops the driver; runs on the driver's worker. */
    void release() {
        Driver closed = driver;
        driver = null;
        if (closed != null) {
            closed.region.release();
        }
    }

    /** Drops a driver that is not called any more. */
    void abandon() {
        driver = null;
    }
}
