// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.feature.Features;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.core.info.IrqInfo;
import vfio.pci.core.PciBinding;
import vfio.pci.core.internal.backend.FunctionBackend;
import vfio.pci.core.internal.backend.OperationsBackend;

/**
 * The function's backend as one binding of a driver reaches it, with the regions that this driver has added. While a driver
 * is exchanged two bindings have one backend: that of the <em>successor</em> looks at the device and adds its parts, and may
 * change nothing; at the exchange it is turned <em>on</em>, and that of the driver before is turned <em>off</em>, so that a
 * thread the driver forgot does no harm.
 */
final class BindingBackend implements OperationsBackend {
    private enum State { SUCCESSOR, ON, OFF }

    private final FunctionBackend below;
    private final String function;
    private final NamedMemory memory;
    /** The binding whose device a successor is to take over; null for another. */
    private volatile BindingBackend before;
    private final List<RegionOperations> added = new CopyOnWriteArrayList<>();
    private final BitSet claimed = new BitSet();
    private final OwnSignals signals = new OwnSignals();
    private volatile State state;

    /** Makes the backend of a function's first binding: it is on. */
    BindingBackend(String function, FunctionBackend below, NamedMemory memory) {
        this(function, below, memory, null, State.ON);
    }

    private BindingBackend(String function, FunctionBackend below, NamedMemory memory, BindingBackend before, State state) {
        this.function = function;
        this.below = below;
        this.memory = memory;
        this.before = before;
        this.state = state;
    }

    /** Returns the backend of a binding that may take the device over from this one. */
    BindingBackend successor() {
        return new BindingBackend(function, below, memory, this, State.SUCCESSOR);
    }

    /** Turns a successor on, and the one before it off. */
    void succeed() {
        BindingBackend last = before;
        last.state = State.OFF;
        state = State.ON;
        before = null; // its regions are objects of the driver before
    }

    /** Says what the driver has made of the function. */
    void serves(PciBinding binding) {
        signals.of(binding);
    }

    /** Tells why no other version can have the device while it is open; empty where one can. */
    Optional<String> obstacle() {
        return signals.any();
    }

    private FunctionBackend looking(String act) {
        if (state == State.OFF) {
            throw new VfioException(Errno.ENODEV, act + " " + function + ": another version of its driver has it now");
        }
        return below;
    }

    private FunctionBackend acting(String act) {
        if (state == State.SUCCESSOR) {
            throw new VfioException(Errno.EBUSY, act + " " + function + ": the version of its driver before still has it");
        }
        return looking(act);
    }

    @Override
    public void open(Optional<UUID> vfToken) {
        forget();
        acting("open").open(vfToken);
        memory.open();
    }

    @Override
    public void admit(Optional<UUID> vfToken) {
        acting("open").admit(vfToken);
    }

    @Override
    public void close() {
        acting("close").close();
        forget();
        memory.close();
    }

    private synchronized void forget() {
        added.clear();
        claimed.clear();
        signals.clear();
    }

    /** Answers with the added regions; a successor that has not claimed the bytes that are claimed now is refused. */
    @Override
    public DeviceInfo info(List<InfoCapability> capabilities) {
        DeviceInfo info = looking("get info of").info(capabilities);
        if (state == State.SUCCESSOR && !claimed().equals(before.claimed())) {
            throw new VfioException(Errno.EINVAL, "take over " + function + ": the claimed bytes of configuration space "
                    + "would change from " + before.claimed() + " to " + claimed());
        }
        return new DeviceInfo(info.flags(), info.regions() + added.size(), info.irqs(), info.capabilities());
    }

    private synchronized BitSet claimed() {
        return (BitSet) claimed.clone();
    }

    @Override
    public RegionOperations region(int index) {
        FunctionBackend backend = looking("open region " + index + " of");
        int first = added.isEmpty() ? Integer.MAX_VALUE : first();
        return index >= first && index < first + added.size() ? added.get(index - first) : backend.region(index);
    }

    /** Returns the index of the first added region. */
    private int first() {
        return below.info(List.of()).regions();
    }

    @Override
    public synchronized int addRegion(RegionOperations region) {
        added.add(looking("add a region to").added(region));
        return first() + added.size() - 1;
    }

    @Override
    public SharedMemory memory(String name, long size) {
        looking("get memory for");
        return memory.get(name, size);
    }

    @Override
    public void claim(int position, byte... values) {
        FunctionBackend backend = looking("claim configuration space of");
        if (state == State.ON) { // else the bytes are claimed, and their values are the user's by now
            backend.claim(position, values);
        }
        synchronized (this) {
            claimed.set(position, position + values.length);
        }
    }

    @Override
    public boolean wake() {
        return acting("wake").wake();
    }

    @Override
    public IrqInfo irqInfo(int index) {
        return looking("get interrupt info of").irqInfo(index);
    }

    @Override
    public int setIrqs(IrqRequest request) {
        FunctionBackend backend = acting("set interrupts of");
        return signals.during(request, () -> backend.setIrqs(request));
    }

    @Override
    public void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
        FunctionBackend backend = acting("set a signal that writes of");
        signals.during(region, offset, width, value, signal, () -> backend.ioEvent(region, offset, width, value, signal));
    }

    @Override
    public void reset() {
        acting("reset").reset();
    }

    @Override
    public Features features() {
        return looking("get features of").features();
    }

    @Override
    public void request(int count) {
        acting("request").request(count);
    }
}
