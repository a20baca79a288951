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
 * What no driver may be bound to: what vfio_pci_core_register_device refuses (drivers/vfio/pci/vfio_pci_core.c), and a function
 * that its host has not given to VFIO and that cannot be taken from it.
 */
public final class Guards {
    private static final int ALL_ONES = -1;

    /** What stands in the way of every driver, or of every VFIO driver, as a code. */
    public enum Guard {
        /** The functions of its bus are only listed. */
        ONLY_LISTED(Errno.EOPNOTSUPP),
        /** Its config space reads all ones. */
        NO_ANSWER(Errno.EIO),
        /** Its header type is not 0. */
        BRIDGE(Errno.EINVAL),
        /** It is a PF with VFs: no VFIO driver is bound to it, its own may be. */
        ACTIVE_VFS(Errno.EBUSY),
        /** A driver of its host has it, and it cannot be taken from that. */
        HOST_DRIVER(Errno.EBUSY),
        /** No driver of its host has it, and it cannot be given to one. */
        NO_HOST_DRIVER(Errno.ENODEV);

        private final Errno errno;

        Guard(Errno errno) {
            this.errno = errno;
        }

        /** The code in output: lower case with dashes. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * Why nothing may be bound to a function.
     *
     * @param function its name
     * @param why the reason and what to do, a sentence
     */
    public record Refusal(Guard guard, String function, String why) {
        public VfioException exception() {
            return new VfioException(guard.errno, "bind " + function + ": " + why);
        }
    }

    private Guards() {
    }

    /** Why no VFIO driver may be bound to a function, or empty. */
    public static Optional<Refusal> refusal(FunctionSlot slot) {
        return refusal(slot, true);
    }

    /** Why no driver of a kind may be bound to a function, or empty. */
    public static Optional<Refusal> refusal(FunctionSlot slot, boolean vfio) {
        Optional<Refusal> fixed = fixed(slot).or(() -> noAnswer(slot))
                .or(() -> vfio ? withVirtualFunctions(slot) : Optional.empty());
        return fixed.or(() -> given(slot) || slot.function().hostBinding().isPresent() ? Optional.empty()
                : Optional.of(withheld(slot)));
    }

    /** What stands in the way of a policy, which takes nothing from a host: then the host's driver is no reason. */
    public static Optional<Refusal> standing(FunctionSlot slot) {
        return fixed(slot).or(() -> given(slot) ? noAnswer(slot) : Optional.empty());
    }

    /** Why nothing may ever be bound to a function as it is, whoever has it on its host. */
    private static Optional<Refusal> fixed(FunctionSlot slot) {
        if (!slot.bus().bindable()) {
            return refused(Guard.ONLY_LISTED, slot, slot.bus().whyNotBindable());
        }
        int headerType = slot.function().headerType();
        return headerType == 0 ? Optional.empty() : noAnswer(slot).or(() -> refused(Guard.BRIDGE, slot,
                "it is a bridge (header type " + headerType + "); only functions with header type 0 can be bound"));
    }

    /** What keeps VFIO drivers from a PF (vfio_pci_core_register_device: pci_num_vf); the PF's own driver may be bound to it. */
    public static Optional<Refusal> withVirtualFunctions(FunctionSlot slot) {
        int active = slot.function().virtualFunctions().size();
        return active == 0 ? Optional.empty() : refused(Guard.ACTIVE_VFS, slot, "it is a PF with " + active
                + " active VFs; take them away with 'vfs " + slot.address() + " 0' first, or bind the VFs");
    }

    /** Whether it reads all ones where no function can: some bits of command and status are always 0, also those of a VF. */
    private static boolean silent(FunctionSlot slot) {
        try {
            return slot.function().config().read(COMMAND, 4) == ALL_ONES;
        } catch (VfioException e) {
            return false; // not known, then
        }
    }

    /** What keeps everybody from a function that answers nothing. Reading it wakes one that sleeps. */
    public static Optional<Refusal> noAnswer(FunctionSlot slot) {
        return !silent(slot) ? Optional.empty() : refused(Guard.NO_ANSWER, slot, "it does not answer: its config space reads all ones, since it sleeps in "
                + "D3cold, has fallen off its bus, or a reset of it failed; wake, rescan or replace it");
    }

    private static Optional<Refusal> refused(Guard guard, FunctionSlot slot, String why) {
        return Optional.of(new Refusal(guard, slot.name(), why));
    }

    /** Whether the host's driver is a VFIO driver, or there is no host below. */
    public static boolean given(FunctionSlot slot) {
        return slot.function().host().map(Host::given).orElse(true);
    }

    /** Why a function of a host is not VFIO's. */
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
