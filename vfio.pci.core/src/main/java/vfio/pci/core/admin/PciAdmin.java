// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.admin;

import java.io.Serializable;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;
import vfio.pci.core.snapshot.FunctionSnapshot;

/**
 * The operator's facet of the PCI core. A function is named by its address, or {@code bus/address} where two buses have that
 * address. Each call throws ENODEV where no function has the name, EINVAL where the name fits two or is no address.
 *
 * <p>Acts are transactions: on any failure driver and override are what they were before.
 */
@ProviderType
public interface PciAdmin {

    /** Returns buses, counts, and whether matching is open. */
    Status status();

    /** Returns all functions, by bus and address. */
    List<FunctionRow> functions();

    /** Returns all that is known of one function. */
    FunctionDetail function(String name);

    /**
     * Reads every function of a bus with all bytes of its config space, in address order, each only when the stream asks for
     * it, since the config space of very many functions is large.
     *
     * @param bus the name of the bus
     * @param unread receives a sentence for each function that could not be read, with the reason
     * @throws VfioException ENODEV where no bus has this name
     */
    Stream<FunctionSnapshot> snapshot(String bus, Consumer<String> unread);

    /** Returns the drivers whose services are here, by name. */
    List<DriverRow> drivers();

    /** Returns the drivers that have an entry for the function or that its override names; best first. */
    List<CandidateRow> candidates(String name);

    /**
     * Returns the candidates for a device key, whether a function has the key or not.
     *
     * @param modalias with prefix {@code pci:}, or {@code vfio_pci:} for override-only entries alone
     * @throws VfioException EINVAL where the text is no device key
     */
    List<CandidateRow> candidatesFor(String modalias);

    /**
     * Returns what stands between a function and a driver, also for a driver that is no candidate.
     *
     * @throws VfioException ENOENT where no driver, module or ops has this name
     */
    CandidateRow why(String name, String driver);

    /**
     * Binds as {@link #bind(String, String, HostRequest, boolean)}, with the best driver of the host and no guard overruled.
     */
    default Outcome bind(String name, String driver, boolean dryRun) {
        return bind(name, driver, HostRequest.BEST, dryRun);
    }

    /**
     * Binds a function, by writing the override and probing; a driver that is bound already is unbound first. A function that
     * its host has not given to VFIO is taken from its host driver before, and given back where the core's driver fails.
     *
     * @param driver the driver's name, or null for the best VFIO driver
     * @param host what is to be done on the host below the bus
     * @param dryRun only says what would be done
     * @return unchanged where the function is bound to that driver already
     * @throws VfioException EBUSY where the function has a user, or is a PF with active VFs and the driver a VFIO driver;
     *     EINVAL for a bridge, and for a guard that does not exist; EIO where the function does not answer; ENODEV where no
     *     driver matches; EPERM where the function is pinned to another driver; EOPNOTSUPP on a bus that is only listed or
     *     has no host to ask; EBUSY, EINVAL where a guard of the host holds; ETIMEDOUT where the host's kernel waits for
     *     someone; else probe's errno
     */
    Outcome bind(String name, String driver, HostRequest host, boolean dryRun);

    /**
     * Unbinds a function on the orderly road, and clears an override that {@code bind} wrote; a policy {@code auto} or
     * {@code pinned} becomes {@code manual}. A function that {@code bind} took from its host, in this run or an earlier one,
     * is given back.
     *
     * @return unchanged where the function is not bound, was not taken and is manual
     * @throws VfioException EBUSY where a process has the function open on the host; ETIMEDOUT, or the errno of the host
     *     driver: the function is unbound then, and a second call tries to give it back
     */
    Outcome unbind(String name);

    /**
     * Unbinds a function as {@link #unbind} does, and gives it to the driver that its host chooses by itself, whatever is
     * remembered of {@code bind}: the way back where nothing is remembered.
     *
     * @param dryRun only says what would be done
     * @throws VfioException EOPNOTSUPP on a bus without a host that could be asked; EBUSY where a process has the function
     *     open on the host, or something else of the host keeps a driver for it; ETIMEDOUT, or the kernel's errno: the
     *     function is unbound then, and a second call tries again
     */
    Outcome unbindToHost(String name, boolean dryRun);

    /** Probes every unbound function that has a matching driver; one row for each function tried. */
    List<Outcome> probeAll();

    /**
     * Writes the override, by the kernel's rules for the text: cut at the first NUL or newline; empty clears the override.
     * The call neither binds nor unbinds. A driver that is not here may be named, and a note among the steps says so.
     *
     * @throws VfioException EINVAL where the text has 4095 bytes or more; EOPNOTSUPP on a bus that is only listed
     */
    Outcome override(String name, String text);

    /**
     * Sets the policy of the functions that {@code pattern} names, those to come included. Of the policies that name a
     * function the latest decides.
     *
     * @param pattern a function's name, or an address with {@code *} and {@code ?}
     * @param policy {@code manual}, {@code auto}, or {@code pinned DRIVER}
     * @param dryRun only says what would be done to each function, or why nothing would be
     * @throws VfioException EINVAL where pattern or policy cannot be read
     */
    List<Outcome> policy(String pattern, String policy, boolean dryRun);

    /** Sets the policy as {@link #policy(String, String, boolean)} without a dry run. */
    default List<Outcome> policy(String pattern, String policy) {
        return policy(pattern, policy, false);
    }

    /**
     * Removes the policy that was set for a pattern: for each function the one set before, or {@code manual}, holds again.
     *
     * @param dryRun only says what would be done
     * @return the functions whose policy changes
     * @throws VfioException ENOENT where no policy is set for that pattern; EINVAL where the pattern cannot be read
     */
    List<Outcome> removePolicy(String pattern, boolean dryRun);

    /** Returns the policies that are set, the latest last. */
    List<PolicyRow> policies();

    /**
     * Adds a dynamic id, by the rules of the kernel's {@code new_id}.
     *
     * @return unchanged where the kernel says EEXIST: the driver has an entry for it already
     * @throws VfioException EINVAL as the kernel; ENODEV where there is no such driver
     */
    Outcome newId(String driver, String text);

    /**
     * Removes a dynamic id, by the rules of the kernel's {@code remove_id}.
     *
     * @return unchanged where the kernel says ENODEV: the driver has no such dynamic id
     * @throws VfioException EINVAL as the kernel; ENODEV where there is no such driver
     */
    Outcome removeId(String driver, String text);

    /** Returns the lines of modules.alias for the drivers that are here, sorted. */
    List<String> aliases();

    /**
     * The state of the core, in counts.
     *
     * @param matching whether matching is open: drivers and buses have settled
     * @param bound functions with a driver of the core
     * @param wanted functions under {@code auto} or {@code pinned} that are still to be tried
     * @param unmet functions that were tried and do not have the driver that their policy wants; their rows say why
     */
    record Status(List<BusRow> buses, boolean matching, String rules, int functions, int bound, int wanted, int unmet,
            int drivers)
            implements Serializable {
    }

    record BusRow(String name, String virtualization, boolean bindable, int functions) implements Serializable {
    }

    /**
     * A function. Every id is lower-case hex text of 4 digits, the class of 6; absent values are null.
     *
     * @param hostDriver the host kernel's driver
     * @param driver the core's driver
     * @param override the core's override, or the host's {@code driver_override} where the core has none
     * @param overrideOwner {@code operator} or {@code policy}, or {@code host} for the host's
     * @param unmet why a policy {@code auto} or {@code pinned} does not have the driver that it wants, or null
     */
    record FunctionRow(String bus, String address, String vendor, String device, String subvendor, String subdevice,
            String classCode, String hostDriver, String driver, String override, String overrideOwner, String policy,
            String unmet, Integer iommuGroup, List<String> warnings) implements Serializable {

        /** Returns the row with one warning more, the last. */
        public FunctionRow warned(String warning) {
            return new FunctionRow(bus, address, vendor, device, subvendor, subdevice, classCode, hostDriver, driver,
                    override, overrideOwner, policy, unmet, iommuGroup,
                    Stream.concat(warnings.stream(), Stream.of(warning)).toList());
        }
    }

    /**
     * All that is known of a function.
     *
     * @param hostDrivers the host kernel's VFIO drivers that match, {@code module (driver)}
     * @param host what the host has made of the function, null on a bus without a host
     * @param overrideMeant where the override is a module or ops name: the driver's name that was meant
     * @param users those who hold the function open
     * @param failures drivers that failed on this function: {@code name: count, last reason}
     * @param migration who migrates the function and why, or why nobody does; null while nobody has it open
     */
    record FunctionDetail(FunctionRow row, String modalias, int revision, String headerType, int configSize,
            List<BarRow> bars, Integer numaNode, String physicalFunction, List<String> virtualFunctions,
            List<String> hostDrivers, HostRow host, String overrideMeant, List<String> users, List<String> failures,
            List<CandidateRow> candidates, String migration) implements Serializable {
    }

    /**
     * The state of a function on the host below its bus; the host's driver is in the function's row.
     *
     * @param vfioModule the module of that driver where it is one of the host's VFIO drivers, or null
     * @param override the host's {@code driver_override}, or null
     * @param taken whether {@code bind} took the function from its host and {@code unbind} gives it back; null where that is
     *     not known, since nothing is taken here
     * @param formerDriver the host's driver before {@code bind} took the function, or null
     * @param formerOverride the host's override before {@code bind} took the function, or null
     */
    record HostRow(String vfioModule, String override, Boolean taken, String formerDriver, String formerOverride)
            implements Serializable {
    }

    record BarRow(int index, long size, String kind) implements Serializable {
    }

    /**
     * A driver whose service is here.
     *
     * @param bundle symbolic name and version
     * @param bundleId the framework's number
     * @param state {@code ready}, {@code shadowed}, {@code withheld}, {@code refused} or {@code faulty}
     * @param reason why it is not ready, or null
     * @param dynamic the dynamic ids, each as {@link #removeId} takes it
     */
    record DriverRow(String driver, String module, String ops, boolean vfio, String bundle, long bundleId, String state,
            String reason, int ids, int dynamicIds, int bound, List<String> dynamic) implements Serializable {
    }

    /**
     * A driver considered for a function.
     *
     * @param rank from 1, best first
     * @param eligible whether {@code bind} could bind this driver
     * @param reason a code: what matching says, such as {@code needs-override}, or what keeps the function from every such
     *     driver, such as {@code active-vfs}
     * @param text the reason as a sentence
     * @param entry the entry by which the driver ranks, null where none agrees
     * @param wildcards wildcard fields of seven
     */
    record CandidateRow(int rank, String driver, String module, String bundle, boolean vfio, boolean eligible,
            String reason, String text, String entry, int wildcards) implements Serializable {
    }

    /**
     * An operator's request to the host below a bus.
     *
     * @param driver the host's VFIO driver, or null for the best one
     * @param force names of guards to overrule
     * @param owner the user who gets the function's nodes, or null
     */
    record HostRequest(String driver, List<String> force, String owner) implements Serializable {
        /** The request for the best driver with no guard overruled. */
        public static final HostRequest BEST = new HostRequest(null, List.of(), null);

        public HostRequest {
            force = List.copyOf(force);
        }
    }

    record PolicyRow(String pattern, String policy) implements Serializable {
    }

    /**
     * The outcome of an act: what it did, or would do.
     *
     * @param driver the driver after the act, null where there is none
     * @param changed false where nothing had to be changed
     * @param steps what was done, in order, a clause each
     */
    record Outcome(String function, String driver, boolean dryRun, boolean changed, List<String> steps)
            implements Serializable {
    }
}
