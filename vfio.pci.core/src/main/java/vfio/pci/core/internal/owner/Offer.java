// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.owner;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Hashtable;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.internal.gate.CallGate;

/**
 * A service that a function's owner offers, as consumers have it: an object of the core's in the class loader of the API's
 * bundle, whose calls go to the version of the owner's driver that has the function. While versions change, calls wait. No
 * object of a driver's class leaves here.
 */
final class Offer implements InvocationHandler {
    /** The longest wait of a call for an exchange. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final PciAddress function;
    private final Class<?> api;
    private final CallGate calls;
    private final Object proxy;
    /** Null where the API is of no bundle. */
    private final ServiceRegistration<?> registration;
    /** Null once the service has ended. */
    private volatile Offered target;

    /** Registers the service. */
    Offer(PciAddress function, Class<?> api, CallGate calls, Offered offered) {
        this.function = function;
        this.api = api;
        this.calls = calls;
        target = offered;
        proxy = Proxy.newProxyInstance(api.getClassLoader(), new Class<?>[] {api}, this);
        BundleContext context = context(api);
        registration = context == null ? null
                : context.registerService(api.getName(), proxy, properties(offered.properties()));
    }

    /**
     * Returns the context in which a service of an API is registered: that of the API's bundle, which every consumer is wired
     * to, or the core's while that bundle is not started; null where the API is of no bundle.
     */
    private static BundleContext context(Class<?> api) {
        Bundle bundle = FrameworkUtil.getBundle(api);
        return bundle == null ? null : Optional.ofNullable(bundle.getBundleContext())
                .orElseGet(() -> FrameworkUtil.getBundle(Offer.class).getBundleContext());
    }

    private Hashtable<String, Object> properties(Map<String, ?> given) {
        Hashtable<String, Object> all = new Hashtable<>(given);
        all.put(PciFunctionOwner.FUNCTION, function.toString());
        return all;
    }

    Object proxy() {
        return proxy;
    }

    /** Sends calls to the service of the next version; during a pause. */
    void point(Offered next) {
        target = next;
    }

    /** Has consumers see the properties of the version that has the function now. */
    void publish(Map<String, ?> properties) {
        try {
            if (registration != null && !same(properties)) {
                registration.setProperties(properties(properties));
            }
        } catch (IllegalStateException e) {
            // the API's bundle was stopped, and its services with it
        }
    }

    private boolean same(Map<String, ?> properties) {
        Hashtable<String, Object> next = properties(properties);
        long own = Arrays.stream(registration.getReference().getPropertyKeys()).filter(key -> !key.startsWith("service.")
                && !key.equals("objectClass")).count();
        return own == next.size() && next.entrySet().stream()
                .allMatch(entry -> entry.getValue().equals(registration.getReference().getProperty(entry.getKey())));
    }

    /** Unregisters the service; its calls answer ENOTCONN, for the gate is shut. */
    void end() {
        target = null;
        try {
            if (registration != null) {
                registration.unregister();
            }
        } catch (IllegalStateException e) {
            // the API's bundle was stopped, and its services with it
        }
    }

    @Override
    public Object invoke(Object self, Method method, Object[] arguments) throws Throwable {
        if (method.getDeclaringClass() == Object.class) {
            return ofObject(self, method, arguments);
        }
        String what = "call " + method.getName() + " of " + this;
        if (!calls.enter(PATIENCE)) {
            throw refused(what);
        }
        try {
            return called(what, method, arguments);
        } finally {
            calls.leave();
        }
    }

    private Object called(String what, Method method, Object... arguments) throws Throwable {
        Offered now = target;
        if (now == null) {
            throw refused(what);
        }
        now.calls().increment();
        try {
            return checked(what, now, method.invoke(now.service(), arguments));
        } catch (InvocationTargetException e) {
            throw seen(what, now, method, e.getCause());
        }
    }

    private Object ofObject(Object self, Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "equals" -> self == arguments[0];
            case "hashCode" -> System.identityHashCode(self);
            default -> toString();
        };
    }

    private VfioException refused(String what) {
        return calls.isShut()
                ? new VfioException(Errno.ENOTCONN, what + ": the function has been taken from the driver that offered it")
                : new VfioException(VfioException.Kind.HELD, Errno.EAGAIN, what
                        + ": its driver is being exchanged; try again");
    }

    private Object checked(String what, Offered by, Object answer) {
        if (answer != null && own(answer.getClass(), by)) {
            throw by.worker().lied(Errno.EIO, what + ": it answered an object of the driver's class "
                    + answer.getClass().getName() + ", which would outlive the driver; answer values of the API's classes");
        }
        return answer;
    }

    private boolean own(Class<?> type, Offered by) {
        ClassLoader loader = type.getClassLoader();
        return loader == by.service().getClass().getClassLoader() && loader != api.getClassLoader();
    }

    /**
     * Returns an exception as a consumer sees it: one of the API's or the JDK's, which holds no other, as it is, else as
     * text. What a service throws on purpose is a refusal, of the API's, or declared; all else counts against the driver.
     */
    private Throwable seen(String what, Offered by, Method method, Throwable thrown) {
        boolean declared = Arrays.stream(method.getExceptionTypes()).anyMatch(type -> type.isInstance(thrown));
        boolean meant = declared || thrown instanceof VfioException
                || thrown.getClass().getClassLoader() == api.getClassLoader() && api.getClassLoader() != null;
        boolean passes = known(thrown, Collections.newSetFromMap(new IdentityHashMap<>()))
                && (declared || thrown instanceof RuntimeException || thrown instanceof Error);
        if (meant && passes) {
            return thrown;
        }
        VfioException text = by.worker().thrown(what, thrown);
        return passes ? thrown : text;
    }

    private boolean known(Throwable thrown, Set<Throwable> seen) {
        if (thrown == null || !seen.add(thrown)) {
            return true;
        }
        Class<?> type = thrown.getClass();
        boolean ours = type == VfioException.class || type.getName().startsWith("java.")
                || type.getClassLoader() == api.getClassLoader();
        return ours && known(thrown.getCause(), seen)
                && Arrays.stream(thrown.getSuppressed()).allMatch(one -> known(one, seen));
    }

    @Override
    public String toString() {
        return api.getName() + " of " + function;
    }
}
