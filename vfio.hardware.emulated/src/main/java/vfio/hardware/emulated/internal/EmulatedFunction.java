// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.FunctionSpec;
import vfio.hardware.emulated.ResetOutcome;
import vfio.hardware.emulated.model.DeviceModelFactory;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.id.ResetMethod;

/** A function that is plugged in; it keeps little but its place and its model until somebody touches it. */
final class EmulatedFunction implements PciFunction {
    private static final int NONE = -1;
    private static final int HEADER_TYPE = 0x0e;
    private static final int NO_TYPE = 0x7f; // all ones: it did not answer when it was dumped
    /** Index of the memory at legacy VGA addresses, behind those of BARs. */
    private static final int VGA = 6;
    private static final long VGA_SIZE = 0xc0000;
    /** Registers and buffers are cleared by a reset; what is larger is a card's memory, which keeps its content. */
    private static final long LARGEST_CLEARED = 1 << 20;

    private final FunctionTable bus;
    private final PciAddress address;
    private final FunctionDescription model;
    private final int group;
    private final int numa;
    private final PciAddress physicalFunction;
    private final RawConfig config = new RawConfig(this);
    private volatile List<PciAddress> virtualFunctions = List.of();
    private volatile boolean driversAutoprobe = true;
    /** By BAR index; null before the first use. */
    private SharedMemory[] memory;
    /** Null before the first use. */
    private volatile EmulatedHardware hardware;

    EmulatedFunction(FunctionTable bus, FunctionSpec spec, int group) {
        this(bus, spec.address(), spec.model(), group, spec.numa().orElse(NONE), null);
    }

    private EmulatedFunction(FunctionTable bus, PciAddress address, FunctionDescription model, int group, int numa,
            PciAddress pf) {
        this.bus = bus;
        this.address = address;
        this.model = model;
        this.group = group;
        this.numa = numa;
        physicalFunction = pf;
    }

    EmulatedFunction virtualFunction(PciAddress place, int itsGroup) {
        return new EmulatedFunction(bus, place, model.virtualFunction().orElseThrow(), itsGroup, numa, address);
    }

    FunctionTable bus() {
        return bus;
    }

    FunctionDescription model() {
        return model;
    }

    int group() {
        return group;
    }

    boolean isVirtual() {
        return physicalFunction != null;
    }

    boolean hasSriov() {
        return model.virtualFunction().isPresent();
    }

    void virtualFunctions(List<PciAddress> addresses) {
        virtualFunctions = addresses;
    }

    void driversAutoprobe(boolean autoprobe) {
        driversAutoprobe = autoprobe;
    }

    RawConfig rawConfig() {
        return config;
    }

    /** From now on it answers as an unplugged card; memory that is mapped stays readable until unreachable. */
    synchronized void unplug() {
        config.unplug();
        if (memory != null) {
            for (SharedMemory bar : memory) {
                if (bar != null) {
                    bar.close();
                }
            }
            memory = null;
        }
        if (hardware != null) {
            hardware.lines().cut();
            // On a thread without locks: the model may be another bundle's.
            hardware.slot().ifPresent(slot -> InterruptThread.run(slot::close));
        }
    }

    @Override
    public PciAddress address() {
        return address;
    }

    @Override
    public DeviceKey key() {
        return model.key();
    }

    @Override
    public int revision() {
        return model.revision();
    }

    @Override
    public int headerType() {
        int type = model.config().value(HEADER_TYPE) & NO_TYPE;
        return type == NO_TYPE ? key().headerType() : type;
    }

    @Override
    public ConfigSpace config() {
        return config;
    }

    @Override
    public List<Bar> bars() {
        return model.bars();
    }

    @Override
    public SharedMemory barMemory(int bar) {
        Bar row = bars().stream().filter(b -> b.index() == bar && !b.io() && raw().ofMemory(bar)).findFirst()
                .orElseThrow(() -> new VfioException(Errno.EINVAL, "map BAR " + bar + " of " + address
                        + ": no memory BAR of this index; it has " + bars()));
        synchronized (this) {
            if (config.unplugged()) {
                throw new VfioException(Errno.ENODEV, "map BAR " + bar + " of " + address + ": it is unplugged");
            }
            return memory(row);
        }
    }

    /** What is behind a BAR, of memory or ports. */
    SharedMemory memory(Bar bar) {
        return memory(bar.index(), "-bar" + bar.index(), bar.size());
    }

    /** What is at the legacy VGA addresses, from 0 on. */
    SharedMemory vgaMemory() {
        return memory(VGA, "-vga", VGA_SIZE);
    }

    private synchronized SharedMemory memory(int index, String name, long size) {
        if (memory == null) {
            memory = new SharedMemory[VGA + 1];
        }
        if (memory[index] == null) {
            memory[index] = bus.memory().allocate(address + name, size);
        }
        return memory[index];
    }

    @Override
    public EmulatedHardware raw() {
        EmulatedHardware made = hardware;
        return made == null ? makeHardware() : made;
    }

    private synchronized EmulatedHardware makeHardware() {
        if (hardware == null) {
            hardware = new EmulatedHardware(this);
        }
        return hardware;
    }

    @Override
    public void enableVirtualFunctions(int count) {
        if (!hasSriov()) {
            throw new VfioException(Errno.ENOTTY, "enable " + count + " VFs of " + address
                    + ": it has no SR-IOV capability");
        }
        bus.enableVirtualFunctions(address, count);
    }

    void reset(ResetMethod method) {
        reset(method, model.behaviour().reset(method));
    }

    /** Back to what it was after power-on; the VFs of a PF go. */
    void reset(ResetMethod method, ResetOutcome outcome) {
        if (outcome == ResetOutcome.HANGS) {
            config.fallSilent();
        } else if (outcome == ResetOutcome.WORKS) {
            config.reset(method == ResetMethod.FLR || method == ResetMethod.AF_FLR);
            clearMemory();
            EmulatedHardware touched = hardware;
            if (touched != null) {
                touched.reset();
            }
            if (hasSriov()) {
                bus.virtualFunctionsSwitched(this);
            }
        }
    }

    private synchronized void clearMemory() {
        for (int i = 0; memory != null && i < VGA; i++) {
            if (memory[i] != null && memory[i].size() <= LARGEST_CLEARED) {
                ByteBuffer bytes = memory[i].window(0);
                for (int at = 0; at < bytes.capacity(); at++) {
                    bytes.put(at, (byte) 0);
                }
            }
        }
    }

    /** Whether it is in D3hot, where nothing but configuration space answers. */
    boolean asleep() {
        return PowerRegisters.state(config, model.config()) == PowerRegisters.D3_HOT;
    }

    void powerState(int state) {
        EmulatedHardware touched = hardware;
        if (touched != null) {
            touched.powerState(state);
        }
    }

    /** A factory of models has gone. */
    void modelGone(DeviceModelFactory factory) {
        EmulatedHardware touched = hardware;
        if (touched != null) {
            touched.slot().ifPresent(slot -> slot.drop(factory));
        }
    }

    /** A write may have unmasked what is pending: it comes on a thread of its own, as from a card. */
    void interruptsLetOut() {
        EmulatedHardware touched = hardware;
        if (touched != null && touched.lines().pending()) {
            InterruptThread.run(touched.lines()::letOut);
        }
    }

    @Override
    public OptionalInt iommuGroup() {
        return OptionalInt.of(group);
    }

    @Override
    public OptionalInt numaNode() {
        return numa == NONE ? OptionalInt.empty() : OptionalInt.of(numa);
    }

    @Override
    public Optional<PciAddress> physicalFunction() {
        return Optional.ofNullable(physicalFunction);
    }

    @Override
    public List<PciAddress> virtualFunctions() {
        return virtualFunctions;
    }

    @Override
    public boolean driversAutoprobe() {
        return driversAutoprobe;
    }

    @Override
    public List<String> warnings() {
        String name = model.behaviour().model();
        return name.isEmpty() || bus.models().factory(name) != null ? List.of()
                : List.of("no device model '" + name + "' is installed: the registers read all ones");
    }

    @Override
    public String toString() {
        return address + " " + model.key();
    }
}
