// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.hardware.emulated.FunctionModel;
import vfio.hardware.emulated.FunctionSpec;
import vfio.pci.core.DeviceKey;
import vfio.pci.core.PciAddress;
import vfio.pci.core.PciFunction;

/** A function that is plugged in; it keeps little but its place and its model until somebody touches it. */
final class EmulatedFunction implements PciFunction {
    private static final int NONE = -1;
    private static final int HEADER_TYPE = 0x0e;

    private final FunctionTable bus;
    private final PciAddress address;
    private final FunctionModel model;
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

    private EmulatedFunction(FunctionTable bus, PciAddress address, FunctionModel model, int group, int numa,
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

    FunctionModel model() {
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
        return model.config().value(HEADER_TYPE) & 0x7f;
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
    public synchronized SharedMemory barMemory(int bar) {
        if (config.unplugged()) {
            throw new VfioException(Errno.ENODEV, "map BAR " + bar + " of " + address + ": it is unplugged");
        }
        Bar row = bars().stream().filter(b -> b.index() == bar && !b.io()).findFirst()
                .orElseThrow(() -> new VfioException(Errno.EINVAL, "map BAR " + bar + " of " + address
                        + ": no memory BAR of this index; it has " + bars()));
        return memory(row);
    }

    /** What is behind a BAR, of memory or ports. */
    synchronized SharedMemory memory(Bar bar) {
        if (memory == null) {
            memory = new SharedMemory[6];
        }
        int index = bar.index();
        if (memory[index] == null) {
            memory[index] = bus.memory().allocate(address + "-bar" + index, bar.size());
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
        bus.enableVirtualFunctions(address, count);
    }

    /** Back to what it was after power-on; the VFs of a PF go. */
    void reset() {
        EmulatedHardware touched = hardware;
        if (touched != null) {
            touched.lines().reset();
        }
        config.reset();
        if (hasSriov()) {
            bus.virtualFunctionsSwitched(this);
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
    public Optional<Host> host() {
        return Optional.empty();
    }

    @Override
    public List<String> warnings() {
        return List.of();
    }

    @Override
    public String toString() {
        return address + " " + model.key();
    }
}
