// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import vfio.hardware.emulated.capability.Capability;
import vfio.hardware.emulated.capability.ConfigLayout;
import vfio.hardware.emulated.capability.ExtendedCapability;
import vfio.hardware.emulated.capability.StandardCapability;
import vfio.hardware.emulated.config.ConfigImage;
import vfio.hardware.emulated.config.PortType;
import vfio.hardware.emulated.config.RegisterBlock;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.id.PciClass;
import vfio.pci.core.id.ResetMethod;

/**
 * The description of a function, wherever it is plugged in: ids, BARs, capabilities and behaviour, and the config space that
 * follows from them. Immutable; shared by equal functions. Not to be taken for the {@link
 * vfio.hardware.emulated.model.DeviceModel device model}, which is the code behind the BARs and is named here.
 */
public final class FunctionDescription {
    private final DeviceKey key;
    private final int revision;
    /** The buses directly behind a bridge and the highest behind it; 0 for other functions. */
    private final int secondary;
    private final int subordinate;
    private final boolean conventionalBridge;
    private final List<Bar> bars;
    private final Sriov sriov;
    private final FunctionDescription virtualFunction;
    private final byte[] productData;
    private final Behaviour behaviour;
    private final ConfigImage config;
    private final int hash;

    private FunctionDescription(Builder b, boolean virtual) {
        key = b.key;
        revision = b.revision;
        secondary = b.secondary;
        subordinate = b.subordinate;
        bars = List.copyOf(b.bars);
        sriov = b.sriov;
        productData = b.productName == null ? new byte[0] : ProductData.of(b.productName);
        behaviour = b.behaviour;
        List<Capability> capabilities = new ArrayList<>(b.capabilities.stream().map(behaviour::announced).toList());
        if (sriov != null) {
            capabilities.add(ExtendedCapability.sriov(sriov.total(), sriov.device(), sriov.offset(), sriov.stride(),
                    sriov.bars()));
        }
        if (isBridge() && (key.subvendor() | key.subdevice()) != 0) {
            capabilities.add(0, StandardCapability.subsystem(key.subvendor(), key.subdevice()));
        }
        int romSize = behaviour.rom() == null ? 0 : behaviour.rom().size();
        ConfigHeader header = new ConfigHeader(key, revision, bars, romSize, b.interruptPin);
        config = b.dumped != null ? DumpedRegisters.image(b.dumped, header) : ConfigLayout.of(
                virtual ? header.virtualFunction() : isBridge() ? header.bridge(secondary, subordinate) : header.endpoint(),
                capabilities);
        hash = 31 * key.hashCode() + config.hashCode();
        conventionalBridge = isBridge() && config.conventionalBelow();
        virtualFunction = sriov == null ? null : virtualFunction(b);
    }

    private FunctionDescription virtualFunction(Builder pf) {
        Builder vf = builder(new DeviceKey(key.vendor(), sriov.device(), key.subvendor(), key.subdevice(), key.classCode()))
                .revision(pf.revision);
        vf.behaviour = sriov.behaviour();
        sriov.bars().forEach(vf::bar);
        sriov.capabilities().forEach(vf::append);
        return new FunctionDescription(vf.sorted(), true);
    }

    /** Begins the description of a function with these ids, without BARs and capabilities. */
    public static Builder builder(DeviceKey key) {
        return new Builder(key);
    }

    /** Returns the ids and the class. */
    public DeviceKey key() {
        return key;
    }

    /** Returns the revision, 0 to 255. */
    public int revision() {
        return revision;
    }

    /** Returns the BARs, lowest index first. */
    public List<Bar> bars() {
        return bars;
    }

    /** Tells whether it is a bridge. */
    public boolean isBridge() {
        return secondary != 0;
    }

    /** Returns the bus directly behind a bridge, 1 to 255; 0 for other functions. */
    public int secondary() {
        return secondary;
    }

    /** Returns the highest bus behind a bridge, {@link #secondary} to 255; 0 for other functions. */
    public int subordinate() {
        return subordinate;
    }

    /** Tells whether functions behind this bridge share a bus, so that an IOMMU cannot tell them apart. */
    public boolean conventionalBridge() {
        return conventionalBridge;
    }

    /** Returns how many VFs the function can have (TotalVFs), 0 for other than PFs. */
    public int totalVfs() {
        return sriov == null ? 0 : sriov.total();
    }

    /**
     * Returns the routing id of a VF; past 65535 where the numbers lead out of the domain.
     *
     * @param pf the place of this function, a PF
     * @param index 0 for the first VF
     */
    public long routingIdOfVf(PciAddress pf, int index) {
        return sriov.routingId(pf, index);
    }

    /** Returns the description of each VF. */
    public Optional<FunctionDescription> virtualFunction() {
        return Optional.ofNullable(virtualFunction);
    }

    /** Returns the bytes that the VPD capability reads; none without it. */
    public byte[] productData() {
        return productData.clone();
    }

    /** Returns the name of the device model behind the BARs; empty for memory. */
    public String model() {
        return behaviour.model();
    }

    /** Returns the expansion ROM. */
    public Optional<Rom> rom() {
        return Optional.ofNullable(behaviour.rom());
    }

    /** Tells whether the function answers at the legacy VGA addresses. */
    public boolean vga() {
        return behaviour.vga();
    }

    /** Returns the wiring of interrupts. */
    public InterruptWiring interrupts() {
        return behaviour.interrupts();
    }

    /** Returns the outcome of a reset by a method; {@code BUS} is a bridge's, for all behind it. */
    public ResetOutcome reset(ResetMethod method) {
        return behaviour.reset(method);
    }

    /** Returns the config space after power-on. */
    public ConfigImage config() {
        return config;
    }

    @Override
    public boolean equals(Object o) {
        return this == o || o instanceof FunctionDescription other && hash == other.hash && key.equals(other.key)
                && bars.equals(other.bars)
                && config.equals(other.config) && Objects.equals(sriov, other.sriov)
                && behaviour.equals(other.behaviour) && Arrays.equals(productData, other.productData);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** The builder of a description. Each method but {@link #build} returns the builder. */
    public static final class Builder {
        private final DeviceKey key;
        private final List<Bar> bars = new ArrayList<>();
        private final List<Capability> capabilities = new ArrayList<>();
        private int revision;
        private int interruptPin;
        private int secondary;
        private int subordinate;
        private Sriov sriov;
        private String productName;
        private byte[] dumped;
        private Behaviour behaviour = Behaviour.PLAIN;

        private Builder(DeviceKey key) {
            this.key = key;
        }

        /** Sets the revision, 0 to 255. */
        public Builder revision(int id) {
            revision = id & 0xff;
            return this;
        }

        /** Adds a BAR. */
        public Builder bar(Bar bar) {
            bars.add(bar);
            return this;
        }

        /**
         * Appends a standard capability. The methods below make the usual ones.
         *
         * @param id 0 to 255
         * @param registers the whole capability, its header included; id and next pointer are filled in when it is placed
         */
        public Builder capability(int id, RegisterBlock registers) {
            return append(Capability.of(id, registers));
        }

        /**
         * Appends an extended capability. {@link #sriov} makes that of SR-IOV.
         *
         * @param id 0 to 65535
         * @param version 0 to 15
         * @param registers the whole capability, its header included; the header is filled in when it is placed
         */
        public Builder extendedCapability(int id, int version, RegisterBlock registers) {
            return append(Capability.ofExtended(id, version, registers));
        }

        private Builder append(Capability capability) {
            capabilities.add(capability);
            return this;
        }

        /** Appends a PCI Express capability of version 2; the function has 4096 bytes of config space with it. */
        public Builder express(PortType type) {
            return append(StandardCapability.express(type));
        }

        /** Appends power management with D0 and D3; the function is not reset on the way from D3hot to D0. */
        public Builder powerManagement() {
            return append(StandardCapability.powerManagement());
        }

        /**
         * Appends MSI.
         *
         * @param vectors 1, 2, 4, 8, 16 or 32
         * @param wide whether addresses have 64 bits
         * @param maskable whether each vector has a mask bit
         * @throws IllegalArgumentException for another number of vectors
         */
        public Builder msi(int vectors, boolean wide, boolean maskable) {
            return append(StandardCapability.msi(vectors, wide, maskable));
        }

        /**
         * Appends MSI-X.
         *
         * @param vectors 1 to 2048
         * @param bar the memory BAR that holds the table and the pending bits, 0 to 5
         * @param table offset of the table in the BAR, a multiple of 8
         * @param pending offset of the pending bits in the BAR, a multiple of 8
         * @throws IllegalArgumentException where one of them is out of range
         */
        public Builder msix(int vectors, int bar, int table, int pending) {
            return append(StandardCapability.msix(vectors, bar, table, pending));
        }

        /** Appends advanced features: the function level reset of a conventional function. */
        public Builder advancedFeatures() {
            return append(StandardCapability.advancedFeatures());
        }

        /** Appends a VPD capability that gives this name, at most 255 characters of ASCII. */
        public Builder productName(String name) {
            productName = name;
            return append(StandardCapability.vitalProductData());
        }

        /** Sets the interrupt pin: 0 for none, 1 for INTA to 4 for INTD. */
        public Builder interruptPin(int pin) {
            interruptPin = pin;
            return this;
        }

        /**
         * Makes it a bridge: header type 1.
         *
         * @param directly the bus directly behind it, 1 to 255 (Secondary Bus Number)
         * @param highest the highest bus behind it, {@code directly} to 255 (Subordinate Bus Number)
         * @throws IllegalArgumentException for other buses
         */
        public Builder bridge(int directly, int highest) {
            if (directly < 1 || highest < directly || highest > 255) {
                throw new IllegalArgumentException("no bus numbers: secondary %02x, subordinate %02x; 01 to ff in this order "
                        .formatted(directly, highest) + "are expected");
            }
            secondary = directly;
            subordinate = highest;
            return this;
        }

        /** Puts a device model behind the BARs, by the name of its factory; empty for memory, as without this. */
        public Builder model(String name) {
            behaviour = behaviour.withModel(name);
            return this;
        }

        /** Adds an expansion ROM. */
        public Builder rom(Rom memory) {
            behaviour = behaviour.withRom(memory);
            return this;
        }

        /** Says whether the function answers at the legacy VGA addresses. */
        public Builder vga(boolean legacy) {
            behaviour = behaviour.withVga(legacy);
            return this;
        }

        /** Sets the wiring of interrupts, {@link InterruptWiring#FULL} by default. */
        public Builder interrupts(InterruptWiring wiring) {
            behaviour = behaviour.withInterrupts(wiring);
            return this;
        }

        /**
         * Sets the outcome of resets by a method. Those that are not named work where the function has them, and only
         * functions that name it have one of their own, or of the firmware. {@code BUS} is a bridge's, for all behind it.
         */
        public Builder reset(ResetMethod method, ResetOutcome outcome) {
            behaviour = behaviour.withReset(method, outcome);
            return this;
        }

        /**
         * Makes it a PF, with an SR-IOV capability at the end of the chain. The VFs have the PF's ids, but for the device id.
         *
         * @param total most VFs, 1 to 65535 (TotalVFs)
         * @param device the VFs' device id, 16 bits
         * @param offset routing id of the first VF less the PF's, 1 to 65535 (First VF Offset)
         * @param stride between routing ids, 1 to 65535 (VF Stride)
         * @param each gives each VF its memory BARs, its capabilities, PCI Express among them, and all else but a ROM, VGA
         *     and a VPD
         * @throws IllegalArgumentException where one of them is out of range, or is what no VF has
         */
        public Builder sriov(int total, int device, int offset, int stride, Consumer<Builder> each) {
            Builder vf = new Builder(key);
            each.accept(vf);
            if (vf.productName != null) {
                throw new IllegalArgumentException("VPD of a VF");
            }
            sriov = new Sriov(total, device, offset, stride, vf.bars, vf.capabilities, vf.behaviour);
            return this;
        }

        /**
         * Makes config space these bytes, whatever else was said: capabilities and SR-IOV are not added to it. The writable
         * registers of known capabilities are those of this bus's own; the rest is read-only.
         *
         * @param config 256 or 4096 bytes
         */
        public Builder dumped(byte[] config) {
            dumped = config.clone();
            return this;
        }

        /**
         * Makes the description.
         *
         * @throws IllegalArgumentException where the parts do not fit together; the sentence says which
         */
        public FunctionDescription build() {
            BarRules.check(bars, secondary == 0 ? 6 : 2);
            if (behaviour.vga() && PciClass.of(key.classCode()) != PciClass.DISPLAY_VGA) {
                throw new IllegalArgumentException("VGA addresses of a function of class %06x; that of VGA is 0300xx"
                        .formatted(key.classCode()));
            }
            if (interruptPin < 0 || interruptPin > 4) {
                throw new IllegalArgumentException("interrupt pin " + interruptPin + " is out of 0 to 4");
            }
            return new FunctionDescription(sorted(), false);
        }

        private Builder sorted() {
            bars.sort(Comparator.comparingInt(Bar::index));
            return this;
        }
    }
}
