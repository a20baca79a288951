// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.function.Supplier;
import org.osgi.framework.Bundle;
import vfio.core.VfioException;

/**
 * The single steps of a transaction with a build's bundle. A step that is not possible halts the transaction, with the state
 * that the build's file comes to and the reason.
 */
final class Installer {
    private final DriverBundles bundles;
    private final Staging staging;
    private final Supplier<ComponentStates> components;

    Installer(DriverBundles bundles, Staging staging, Supplier<ComponentStates> components) {
        this.bundles = bundles;
        this.staging = staging;
        this.components = components;
    }

    /** The early end of a transaction, with the state of the file. */
    static final class Halt extends Exception {
        private static final long serialVersionUID = 1L;
        private final FileState state;

        Halt(FileState state, String reason) {
            super(reason, null, false, false);
            this.state = state;
        }

        FileState state() {
            return state;
        }
    }

    /** Installs and resolves a build; no bundle is left where that is not possible. */
    Bundle resolved(Build build) throws Halt {
        String hanging = bundles.hanging(build);
        if (hanging != null) {
            throw new Halt(FileState.FAILED, hanging);
        }
        Bundle bundle;
        try {
            bundle = bundles.install(build, staging.path(build.digest()));
        } catch (JarRefusal e) {
            throw new Halt(FileState.REFUSED, e.getMessage());
        }
        String missing = bundles.resolve(bundle);
        if (missing != null) {
            throw new Halt(FileState.UNRESOLVED, missing + leave(bundle));
        }
        return bundle;
    }

    /**
     * Has the staged copies of builds outlast a crash of the host.
     *
     * @throws VfioException EIO where that is not possible
     */
    void keep(Build... builds) {
        for (Build build : builds) {
            staging.force(build.digest());
        }
    }

    /** Starts a bundle. */
    void start(Bundle bundle) throws Halt {
        try {
            bundles.start(bundle);
        } catch (VfioException e) {
            String fault = bundles.fault(bundle);
            throw new Halt(FileState.FAILED, fault == null ? e.getMessage() : e.getMessage() + "; "
                    + fault.replaceAll("\\s*\n\\s*", " "));
        }
        if (bundle.getState() != Bundle.ACTIVE) {
            throw new Halt(FileState.FAILED, "it did not become active");
        }
    }

    /** Lets other drivers be wired to a started bundle. */
    void offers(Bundle bundle) {
        bundles.adopt(bundle);
    }

    /** Lets no more drivers be wired to a bundle, which goes on running. */
    void offersNoMore(Bundle bundle) {
        bundles.offersNoMore(bundle);
    }

    /** Stops a bundle; returns null, or what was wrong with that. */
    String stop(Bundle bundle) {
        try {
            bundles.stop(bundle);
            return null;
        } catch (VfioException e) {
            return e.getMessage();
        }
    }

    /** Stops and uninstalls a bundle that did not do; returns its problem with what its components say and what is left. */
    String dismiss(Bundle bundle, String problem) {
        String fault = components.get().fault(bundle);
        stop(bundle);
        return problem + (fault == null || problem.contains(fault) ? "" : "; " + fault) + leave(bundle);
    }

    /** Uninstalls a bundle; returns the rest of a sentence where that is not possible. */
    String leave(Bundle bundle) {
        if (bundle == null || bundle.getState() == Bundle.UNINSTALLED) {
            return "";
        }
        String stays = bundles.uninstall(bundle);
        return stays == null ? "" : "; " + stays;
    }

    /** Returns symbolic name and version of a bundle. */
    static String name(Bundle bundle) {
        return bundle.getSymbolicName() + " " + bundle.getVersion();
    }
}
