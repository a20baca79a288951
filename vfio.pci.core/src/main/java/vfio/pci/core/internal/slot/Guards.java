// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

import static vfio.pci.core.id.PciRegisters.COMMAND;

import java.util.Locale;
import java.util.Optional;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.PciFunction.Host;

/**
 * The guards that keep drivers from a function: what vfio_pci_core_register_device refuses
 * (drivers/vfio/pci/vfio_pci_core.c), and a function that the host has not given to VFIO and that cannot be taken from the
 * host.
 */
public final class Guards {
    private static final int ALL_ONES = -1;

    /** The reason that keeps every driver, or every VFIO driver, from a function, as a code. */
    public enum Guard {
        /** The functions of its bus are only listed. */
        ONLY_LISTED(Errno.EOPNOTSUPP),
        /** Its config space reads all ones. */
        NO_ANSWER(Errno.EIO),
        /** Its header type is not 0. */
        BRIDGE(Errno.EINVAL),
        /** It is a PF with VFs: no VFIO driver is bound to it, the PF's own driver may be. */
        ACTIVE_VFS(Errno.EBUSY),
        /** A driver of its host has it, and the core cannot take it from that driver. */
        HOST_DRIVER(Errno.EBUSY),
        /** No driver of its host has it, and the core cannot give it to a VFIO driver there. */
        NO_HOST_DRIVER(Errno.ENODEV);

        private final Errno errno;

        Guard(Errno errno) {
            this.errno = errno;
        }

        /** Returns the code as output shows it: lower case with dashes. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * The refusal of a bind.
     *
     * @param function the function's name
     * @param why the reason and what to do, a sentence
     */
    public record Refusal(Guard guard, String function, String why) {
        public VfioException exception() {
            return new VfioException(guard.errno, "bind " + function + ": " + why);
        }
    }

    private Guards() {
    }

    /** Returns why no VFIO driver may be bound to a function, or empty. */
    public static Optional<Refusal> refusal(FunctionSlot slot) {
        return refusal(slot, true);
    }

    /**
     * Returns why no driver may be bound to a function, or empty; {@code vfio} asks for VFIO drivers, which a PF with VFs
     * refuses too.
     */
    public static Optional<Refusal> refusal(FunctionSlot slot, boolean vfio) {
        Optional<Refusal> fixed = fixed(slot).or(() -> noAnswer(slot))
                .or(() -> vfio ? withVirtualFunctions(slot) : Optional.empty());
        return fixed.or(() -> given(slot) || slot.function().hostBinding().isPresent() ? Optional.empty()
                : Optional.of(withheld(slot)));
    }

    /**
     * Returns what keeps a policy from a function. A policy takes nothing from a host, so the host's driver is no reason
     * here.
     */
    public static Optional<Refusal> standing(FunctionSlot slot) {
        return fixed(slot).or(() -> given(slot) ? noAnswer(slot) : Optional.empty());
    }

    /** Returns why no driver may ever be bound to the function as it is, whichever driver of the host has it. */
    private static Optional<Refusal> fixed(FunctionSlot slot) {
        if (!slot.bus().bindable()) {
            return refused(Guard.ONLY_LISTED, slot, slot.bus().whyNotBindable());
        }
        int headerType = slot.function().headerType();
        return headerType == 0 ? Optional.empty() : noAnswer(slot).or(() -> refused(Guard.BRIDGE, slot,
                "it is a bridge (header type " + headerType + "); only functions with header type 0 can be bound"));
    }

    /**
     * Returns what keeps VFIO drivers from a PF with VFs (vfio_pci_core_register_device: pci_num_vf); the PF's own driver may
     * be bound.
     */
    public static Optional<Refusal> withVirtualFunctions(FunctionSlot slot) {
        int active = slot.function().virtualFunctions().size();
        return active == 0 ? Optional.empty() : refused(Guard.ACTIVE_VFS, slot, "it is a PF with " + active
                + " active VFs; take them away with 'vfs " + slot.address() + " 0' first, or bind the VFs");
    }

    /**
     * Tells whether command and status read all ones, which no present function answers: some bits are always 0, also in a
     * VF.
     */
    private static boolean silent(FunctionSlot slot) {
        try {
            return slot.function().config().read(COMMAND, 4) == ALL_ONES;
        } catch (VfioException e) {
            return false; // whether it answers is not known then
        }
    }

    /** Returns the refusal of a function that does not answer. Reading its config space wakes a function that sleeps. */
    public static Optional<Refusal> noAnswer(FunctionSlot slot) {
        return !silent(slot) ? Optional.empty() : refused(Guard.NO_ANSWER, slot, "it does not answer: its config space reads "
                + "all ones, since it sleeps in D3cold, has fallen off its bus, or a reset of it failed; wake, rescan or "
                + "replace it");
    }

    private static Optional<Refusal> refused(Guard guard, FunctionSlot slot, String why) {
        return Optional.of(new Refusal(guard, slot.name(), why));
    }

    /** Tells whether the host's driver is a VFIO driver, or the bus has no host below. */
    public static boolean given(FunctionSlot slot) {
        return slot.function().host().map(Host::given).orElse(true);
    }

    /** Returns why VFIO does not have a function of a host. */
    public static Refusal withheld(FunctionSlot slot) {
        PciFunction function = slot.function();
        Host host = function.host().orElseThrow();
        String wanted = host.vfioDrivers().stream().filter(driver -> driver.driver() != null).findFirst()
                .map(driver -> driver.driver()).orElse("a VFIO driver of the kernel, whose module must be loaded first");
        String advice = " of its host has it; bind it to " + wanted + " there first, as by driverctl set-override";
        return host.driver() == null ? new Refusal(Guard.NO_HOST_DRIVER, slot.name(), "no driver" + advice)
                : new Refusal(Guard.HOST_DRIVER, slot.name(), "driver " + host.driver() + advice);
    }
}
