// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.owner;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.DeviceSet;
import vfio.core.device.VfioDevice;
import vfio.core.device.VfioUser;
import vfio.core.dma.DmaSpace;
import vfio.core.driver.DriverWorker;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.internal.backend.FunctionBackend;
import vfio.pci.core.internal.gate.CallGate;
import vfio.pci.core.user.FunctionHandle;
import vfio.pci.core.user.FunctionShare;
import vfio.pci.core.user.KeptFunction;

/**
 * All that the core keeps of a function for its owner, whichever version of the owner's driver has it: the open function,
 * from the first time on that a version asks for a part of it, and the services that the owner offers. The function is opened
 * as a program opens one, by a device of the core's own that no user sees.
 */
public final class OwnedFunction {
    /** The time limit of a call of the function: its host may have to reset it first. */
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final Duration CALLS = Duration.ofSeconds(1);

    private final PciFunction function;
    private final FunctionBackend backend;
    private final Supplier<VfioPciOperations> operations;
    private final SharedMemory.Source memory;
    private final CallGate calls = new CallGate();
    private final Map<Class<?>, Offer> offers = new LinkedHashMap<>();
    private KeptFunction kept;
    /** The state that the version of before has handed over, where it lasts; else null. */
    private volatile byte[] lasting;
    private boolean closed;

    /**
     * Makes the function of a new owner; nothing is open yet.
     *
     * @param operations gives the core's own operations of the backend
     * @param memory the source of memory for DMA
     */
    public OwnedFunction(PciFunction function, FunctionBackend backend, Supplier<VfioPciOperations> operations,
            SharedMemory.Source memory) {
        this.function = function;
        this.backend = backend;
        this.operations = operations;
        this.memory = memory;
    }

    String name() {
        return function.address().toString();
    }

    /** Returns the gate of the calls of the services. */
    CallGate calls() {
        return calls;
    }

    /** Returns the lasting state that the version of before has given; null where it gave none. */
    public byte[] lasting() {
        return lasting;
    }

    /** Keeps a lasting state; null forgets it. */
    public void lasting(byte[] given) {
        lasting = given;
    }

    /** Returns the open function; empty while no version has asked for a part of it. */
    synchronized Optional<KeptFunction> kept() {
        return Optional.ofNullable(kept);
    }

    /** Returns the share of the version that has the function, which is opened now if need be. */
    synchronized FunctionShare share() {
        if (closed) {
            throw new VfioException(Errno.ENODEV, "use " + name() + ": it was taken from its driver");
        }
        if (kept == null) {
            kept = opened();
        }
        return kept.current();
    }

    private KeptFunction opened() {
        DriverWorker worker = new DriverWorker("of the core for " + name(), fault -> { });
        VfioDevice device = new VfioDevice(name(), new DeviceSet.Registry(), name(), operations.get(), worker, LIMIT,
                () -> { });
        try {
            backend.register(device, this::hasVirtualFunctions);
            DeviceHandle handle = device.open(VfioUser.named("its owner"));
            return new KeptFunction(new FunctionHandle(handle, space(), memory, () -> let(device, worker)));
        } catch (RuntimeException e) {
            let(device, worker);
            throw e;
        }
    }

    /** Stands for a reset where there is none to be made: it would take away the VFs, which others may have open. */
    private boolean hasVirtualFunctions() {
        return !function.virtualFunctions().isEmpty();
    }

    private Supplier<DmaSpace> space() {
        return function.side().either(raw -> {
            OwnerSpace own = new OwnerSpace();
            raw.dma(own);
            return () -> own;
        }, host -> backend::dma);
    }

    private void let(VfioDevice device, DriverWorker worker) {
        try {
            device.leaveIfIdle();
            backend.unregister();
        } finally {
            worker.close();
        }
    }

    /** Has a service registered, where the version has the function. */
    synchronized void publish(Map<Class<?>, Offered> offered) {
        offered.forEach((api, next) -> {
            Offer there = offers.get(api);
            if (there == null) {
                offers.put(api, new Offer(function.address(), api, calls, next));
            } else {
                there.publish(next.properties());
            }
        });
    }

    /** Points the services at those of the next version; during a pause. */
    synchronized void point(Map<Class<?>, Offered> offered) {
        offers.forEach((api, offer) -> offer.point(offered.get(api)));
    }

    /** Returns the APIs of the services that are offered now. */
    synchronized List<Class<?>> offered() {
        return List.copyOf(offers.keySet());
    }

    /** Returns the service of an API as consumers have it; empty where it is not offered. */
    public synchronized <S> Optional<S> service(Class<S> api) {
        return Optional.ofNullable(offers.get(api)).map(offer -> api.cast(offer.proxy()));
    }

    /** Ends the services: calls from now on answer ENOTCONN, and those under way have a second to end. */
    public void withdraw() {
        calls.shut(CALLS);
        List<Offer> ended;
        synchronized (this) {
            ended = List.copyOf(offers.values());
            offers.clear();
        }
        ended.forEach(Offer::end);
    }

    /** Closes the function, which ends its DMA and its interrupts, and frees its memory. */
    public void close() {
        withdraw();
        KeptFunction open;
        synchronized (this) {
            closed = true;
            open = kept;
        }
        if (open != null) {
            open.close();
        }
    }
}
