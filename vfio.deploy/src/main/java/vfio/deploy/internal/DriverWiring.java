// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.hooks.resolver.ResolverHook;
import org.osgi.framework.hooks.resolver.ResolverHookFactory;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.BundleWire;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;

/**
 * The rule by which bundles are wired to a driver's bundle: other drivers while it runs, and never a bundle of the
 * installation, which would have to be stopped and started again when the driver goes. Dynamic and optional imports of the
 * installation are met by the installation or not at all.
 */
final class DriverWiring implements ResolverHookFactory, ResolverHook {
    private final BundleContext context;
    private final Set<Long> running = ConcurrentHashMap.newKeySet();

    DriverWiring(BundleContext context) {
        this.context = context;
    }

    /** Lets other drivers be wired to a driver from now on. */
    void offers(Bundle driver) {
        running.add(driver.getBundleId());
    }

    /** Lets no more drivers be wired to a driver. */
    void withdraws(Bundle driver) {
        running.remove(driver.getBundleId());
    }

    /**
     * Tells whether {@code user} may be wired to a capability. It may not be wired to another build of its own name, whose
     * place it takes: it would be restarted, with the functions it was handed, when the classes of that build go.
     */
    boolean mayUse(BundleRevision user, BundleCapability capability) {
        Bundle provider = capability.getRevision().getBundle();
        Bundle by = user.getBundle();
        if (!DriverBundles.isOurs(provider) || provider.equals(by)) {
            return true;
        }
        return DriverBundles.isOurs(by) && running.contains(provider.getBundleId())
                && !provider.getSymbolicName().equals(by.getSymbolicName());
    }

    /** Resolves a bundle; returns whether that was possible. */
    boolean resolve(Bundle bundle) {
        return framework().resolveBundles(List.of(bundle));
    }

    /** Returns the running drivers that are wired to a driver, directly or not, each before those that it uses. */
    List<Bundle> dependents(Bundle driver) {
        Set<Bundle> among = new HashSet<>(framework().getDependencyClosure(List.of(driver)));
        among.remove(driver);
        among.removeIf(bundle -> !DriverBundles.isOurs(bundle) || bundle.getState() != Bundle.ACTIVE);
        Set<Bundle> usedFirst = new LinkedHashSet<>();
        among.forEach(bundle -> visit(bundle, among, usedFirst, new HashSet<>()));
        List<Bundle> usersFirst = new ArrayList<>(usedFirst);
        Collections.reverse(usersFirst);
        return usersFirst;
    }

    private static void visit(Bundle bundle, Set<Bundle> among, Set<Bundle> usedFirst, Set<Bundle> above) {
        BundleWiring wiring = bundle.adapt(BundleWiring.class);
        if (wiring == null || !among.contains(bundle) || !above.add(bundle)) {
            return;
        }
        for (BundleWire wire : wiring.getRequiredWires(null)) {
            visit(wire.getProvider().getBundle(), among, usedFirst, above);
        }
        usedFirst.add(bundle);
    }

    /**
     * Has the framework let go of an uninstalled bundle's classes, unless that would restart a bundle of the installation.
     *
     * @return counted down when the classes are gone
     */
    CountDownLatch refresh(Bundle bundle) {
        CountDownLatch refreshed = new CountDownLatch(1);
        List<Bundle> foreign = framework().getDependencyClosure(List.of(bundle)).stream()
                .filter(one -> !DriverBundles.isOurs(one)).toList();
        if (foreign.isEmpty()) {
            framework().refreshBundles(List.of(bundle), event -> refreshed.countDown());
        } else {
            System.getLogger(DriverWiring.class.getName()).log(System.Logger.Level.WARNING,
                    "classes of {0} stay until the daemon restarts: {1} of the installation use them", bundle.getLocation(),
                    foreign);
            refreshed.countDown();
        }
        return refreshed;
    }

    private FrameworkWiring framework() {
        return context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(FrameworkWiring.class);
    }

    @Override
    public ResolverHook begin(Collection<BundleRevision> triggers) {
        return this;
    }

    @Override
    public void filterMatches(BundleRequirement requirement, Collection<BundleCapability> candidates) {
        candidates.removeIf(capability -> !mayUse(requirement.getRevision(), capability));
    }

    @Override
    public void filterResolvable(Collection<BundleRevision> candidates) {
        // All may resolve.
    }

    @Override
    public void filterSingletonCollisions(BundleCapability singleton, Collection<BundleCapability> collisions) {
        // No driver is a singleton.
    }

    @Override
    public void end() {
        // No state of a resolution is kept.
    }
}
