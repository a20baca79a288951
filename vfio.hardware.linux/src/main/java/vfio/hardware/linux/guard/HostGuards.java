// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import vfio.core.Errno;
import vfio.core.VfioException;

/** All guards of a host, asked together. They keep no file open. */
public final class HostGuards {
    private final List<HostGuard> guards = new ArrayList<>();
    /** The guards that look at the function alone. */
    private final List<HostGuard> uses;
    private final DriverctlGuard kept;

    /**
     * One objection of one guard.
     *
     * @param guard its name
     * @param forceable whether an operator may take the function nevertheless
     * @param text what is in use, and what to do
     */
    public record Objection(String guard, boolean forceable, String text) {
        @Override
        public String toString() {
            return text + " (guard " + guard + (forceable ? ")" : ", never forced)");
        }
    }

    /**
     * Makes the guards.
     *
     * @param vfio tells whether VFIO has a function
     */
    public HostGuards(HostFiles host, OpenFiles files, Predicate<GuardedFunction> vfio) {
        this(host, files, vfio, new ExclusiveOpen(), new InterfaceAddresses());
    }

    /**
     * Makes the guards with the two questions that no file of the host answers.
     *
     * @param claimed tells whether a block device is open exclusively, by its node
     * @param addresses gives the addresses of a network interface, by its name
     */
    public HostGuards(HostFiles host, OpenFiles files, Predicate<GuardedFunction> vfio, Predicate<Path> claimed,
            Function<String, List<String>> addresses) {
        kept = new DriverctlGuard(host);
        uses = List.of(new BridgeGuard(), new ActiveVirtualFunctions(), new BlockDeviceGuard(host, files, claimed),
                new SharedFolderGuard(host), new NetworkGuard(host, addresses), new DisplayGuard(host), kept,
                new OpenNodeGuard(host, files));
        guards.addAll(uses);
        guards.add(new NeighbourGuard(uses, vfio));
        guards.add(new IommuGuard());
    }

    /** Returns the names of the guards that an operator can force. */
    public List<String> names() {
        return guards.stream().filter(HostGuard::forceable).map(HostGuard::name).toList();
    }

    /** Returns everything that speaks against taking a function now. */
    public List<Objection> objections(GuardedFunction function, String driver) {
        return objections(guards, function, driver);
    }

    private static List<Objection> objections(List<HostGuard> asked, GuardedFunction function, String driver) {
        return asked.stream().flatMap(guard -> guard.objections(function, driver).stream()
                .map(text -> new Objection(guard.name(), guard.forceable(), text))).toList();
    }

    /**
     * Refuses where an objection is left that is not forced.
     *
     * @param act what is tried, for the sentence
     * @param forced names of guards that an operator has overruled
     * @throws VfioException EINVAL for a bridge and for a name that no guard has; EPERM without an IOMMU; EBUSY for
     *     everything else
     */
    public void check(String act, GuardedFunction function, String driver, Set<String> forced) {
        for (String name : forced) {
            if (!names().contains(name)) {
                throw new VfioException(Errno.EINVAL, act + ": no guard " + name + " can be forced; they are "
                        + String.join(", ", names()));
            }
        }
        refuse(act, objections(function, driver).stream()
                .filter(each -> !each.forceable() || !forced.contains(each.guard())).toList());
    }

    /**
     * Refuses where driverctl keeps a driver for a function, and would bind the function to that again.
     *
     * @throws VfioException EBUSY
     */
    public void checkKept(String act, GuardedFunction function) {
        refuse(act, kept.objections(function, "").stream().map(text -> new Objection(kept.name(), false, text)).toList());
    }

    /**
     * Refuses where a function that is to vanish is in use; its neighbours do not matter.
     *
     * @throws VfioException EBUSY
     */
    public void checkUnused(String act, GuardedFunction function) {
        refuse(act, objections(uses, function, null));
    }

    private static void refuse(String act, List<Objection> left) {
        if (!left.isEmpty()) {
            String all = String.join("; ", left.stream().map(Objection::toString).toList());
            Errno errno = switch (left.get(0).guard()) {
                case BridgeGuard.NAME -> Errno.EINVAL;
                case IommuGuard.NAME -> Errno.EPERM;
                default -> Errno.EBUSY;
            };
            throw new VfioException(errno, act + ": " + all);
        }
    }
}
