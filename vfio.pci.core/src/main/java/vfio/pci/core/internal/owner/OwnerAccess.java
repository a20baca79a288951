// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.owner;

import java.lang.reflect.Modifier;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.pci.core.user.DmaMemory;
import vfio.pci.core.user.FunctionShare;
import vfio.pci.core.user.Interrupt;
import vfio.pci.core.user.Registers;

/**
 * What one version of an owner's driver reaches of its function. Nothing while it is probed; all while it has the function;
 * while it takes the function over, what the version before has made. A driver with VFIO operations reaches nothing.
 */
public final class OwnerAccess {
    private static final int MOST_OFFERS = 64;

    private enum State { PROBED, FOREIGN, STARTING, TAKING, ON, OFF }

    private final String function;
    private final String driver;
    private final DriverWorker worker;
    private final Map<Class<?>, Offered> offers = new LinkedHashMap<>();
    private final LongAdder calls = new LongAdder();
    private volatile State state = State.PROBED;
    private OwnedFunction owned;
    /** The access of the version whose function is taken over; null for another. */
    private OwnerAccess before;
    /** Null while this version has asked for no part of the hardware. */
    private FunctionShare share;

    /** Makes the access of a version that is about to be probed. */
    public OwnerAccess(String function, String driver, DriverWorker worker) {
        this.function = function;
        this.driver = driver;
        this.worker = worker;
    }

    /** Notes that the driver has answered VFIO operations, so that the function is its user's. */
    public void refuse() {
        state = State.FOREIGN;
    }

    /** Lets the version begin to use a function that had no driver. */
    public synchronized void start(OwnedFunction of) {
        owned = of;
        state = State.STARTING;
    }

    /** Has the services registered that were offered in the start. */
    public void started() {
        Map<Class<?>, Offered> offered;
        synchronized (this) {
            state = State.ON;
            offered = Map.copyOf(offers);
        }
        owned.publish(offered);
    }

    /** Lets the version take the function over from another one. */
    synchronized void take(OwnerAccess from) {
        owned = from.owned;
        before = from;
        state = State.TAKING;
    }

    private void refuse(String act) {
        String what = act + " of " + function + ": ";
        switch (state) {
            case PROBED -> throw new VfioException(Errno.EBUSY, what
                    + "its driver is being probed; ask in start or takeOver of the owner that probe returns");
            case FOREIGN -> throw new VfioException(Errno.EOPNOTSUPP, what + "driver " + driver + " has made a VFIO device "
                    + "of it, which its user drives; only a PciFunctionOwner may");
            case OFF -> throw new VfioException(Errno.ENODEV, what
                    + "another version of its driver has it now, or it was taken from it");
            default -> { }
        }
    }

    private FunctionShare share(String act) {
        refuse(act);
        if (share == null && state == State.TAKING) {
            if (before.current() == null) {
                throw new VfioException(Errno.EBUSY, act + " of " + function + ": the version of its driver before has not "
                        + "opened it; ask once this one has it");
            }
            share = before.current().successor();
        } else if (share == null) {
            share = owned.share();
        }
        return share;
    }

    private synchronized FunctionShare current() {
        return share;
    }

    public synchronized Registers bar(int index) {
        return share("use BAR " + index).bar(index);
    }

    public synchronized DmaMemory dma(String name, long size) {
        return share("map memory for DMA").dma(name, size);
    }

    public synchronized List<Interrupt> msix(int count) {
        return share("set up interrupts").msix(count);
    }

    /** Returns how many calls the services of this version have had. */
    public long calls() {
        return calls.sum();
    }

    /** Offers a service; at the end of a start or a take-over where one is under way. */
    public <S> void offer(Class<S> api, S service, Map<String, ?> properties) {
        Offered offered = new Offered(service, worker, calls, checked(api, service, properties));
        boolean now;
        synchronized (this) {
            refuse("offer a service");
            if (offers.size() == MOST_OFFERS) {
                throw refused(api, Errno.ENOSPC, "it offers " + MOST_OFFERS + " services");
            }
            if (offers.putIfAbsent(api, offered) != null) {
                throw refused(api, Errno.EEXIST, "it is offered already");
            }
            now = state == State.ON;
        }
        if (now) {
            owned.publish(Map.of(api, offered));
        }
    }

    private <S> Map<String, ?> checked(Class<S> api, S service, Map<String, ?> properties) {
        if (api == null || service == null || properties == null) {
            throw new VfioException(Errno.EINVAL, "offer a service of " + function + ": its API, the service or the "
                    + "properties are null");
        }
        if (!api.isInterface() || !Modifier.isPublic(api.getModifiers()) || !api.isInstance(service)) {
            throw refused(api, Errno.EINVAL, "it is no public interface, or the service does not implement it");
        }
        Bundle bundle = FrameworkUtil.getBundle(api);
        if (bundle != null && bundle.equals(FrameworkUtil.getBundle(service.getClass()))) {
            throw refused(api, Errno.EINVAL, "it is a class of the driver's bundle, to one build of which each consumer "
                    + "would be wired; move the API to a bundle of its own");
        }
        properties.forEach((key, value) -> {
            if (key == null || key.isEmpty() || value == null || !ofJava(value.getClass())) {
                throw refused(api, Errno.EINVAL, "property " + key + " has no key, or no value of a class of the JDK");
            }
        });
        return Map.copyOf(properties);
    }

    private static boolean ofJava(Class<?> type) {
        return type.isArray() ? ofJava(type.getComponentType()) : type.isPrimitive() || type.getName().startsWith("java.");
    }

    private VfioException refused(Class<?> api, Errno errno, String why) {
        return new VfioException(errno, "offer " + api.getName() + " of " + function + ": " + why);
    }

    /** Tells what the version before has and this one has not asked for; empty where it has asked for everything. */
    synchronized Optional<String> missing() {
        Optional<String> hardware = before.current() == null ? Optional.empty() : share("take over").missing();
        return hardware.or(() -> owned.offered().stream().filter(api -> !offers.containsKey(api)).findFirst()
                .map(api -> "the service " + api.getName()));
    }

    /** Puts this version in the place of the one before; during a pause. */
    void succeed() {
        OwnerAccess last = before;
        owned.point(offers);
        if (share != null) {
            share.succeed();
        }
        before = null;
        state = State.ON;
        last.off();
    }

    private void off() {
        state = State.OFF;
        offers.clear();
    }

    /** Registers the services that the version before did not offer, and the properties of all. */
    void publish() {
        owned.publish(Map.copyOf(offers));
    }

    /** Ends the access of a version that does not get the function, or does not have it any more. */
    public synchronized void end() {
        if (share != null && state == State.TAKING) {
            share.end();
        }
        before = null;
        off();
    }
}
