// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;

/** What a function is, wherever it is plugged in: ids, BARs and raw config space. Immutable; shared by equal functions. */
public final class FunctionDescription {
    private final DeviceKey key;
    private final int revision;
    private final BusNumbers bridge;
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
        bridge = b.bridge;
        bars = List.copyOf(b.bars);
        sriov = b.sriov;
        productData = b.productName == null ? new byte[0] : ProductData.of(b.productName);
        behaviour = b.behaviour;
        List<Capability> capabilities = new ArrayList<>(b.capabilities.stream().map(behaviour::announced).toList());
        if (sriov != null) {
            capabilities.add(ExtendedCapabilities.sriov(sriov));
        }
        if (bridge != null && (key.subvendor() | key.subdevice()) != 0) {
            capabilities.add(0, StandardCapabilities.subsystem(key.subvendor(), key.subdevice()));
        }
        int romSize = behaviour.rom() == null ? 0 : behaviour.rom().size();
        ConfigHeader header = new ConfigHeader(key, revision, bars, romSize, b.interruptPin);
        config = b.dumped != null ? DumpedRegisters.image(b.dumped, header) : new ConfigImage(
                virtual ? header.virtualFunction() : bridge == null ? header.endpoint() : header.bridge(bridge),
                capabilities);
        hash = 31 * key.hashCode() + config.hashCode();
        conventionalBridge = bridge != null && config.conventionalBelow();
        virtualFunction = sriov == null ? null : virtualFunction(b);
    }

    private FunctionDescription virtualFunction(Builder pf) {
        Builder vf = builder(new DeviceKey(key.vendor(), sriov.device(), key.subvendor(), key.subdevice(), key.classCode()))
                .revision(pf.revision).behaviour(sriov.behaviour());
        sriov.bars().forEach(vf::bar);
        sriov.capabilities().forEach(vf::capability);
        return new FunctionDescription(vf.sorted(), true);
    }

    public static Builder builder(DeviceKey key) {
        return new Builder(key);
    }

    public DeviceKey key() {
        return key;
    }

    /** 0 to 255. */
    public int revision() {
        return revision;
    }

    /** Lowest index first. */
    public List<Bar> bars() {
        return bars;
    }

    /** For a bridge the buses behind it. */
    public Optional<BusNumbers> bridge() {
        return Optional.ofNullable(bridge);
    }

    /** Whether functions behind this bridge share a bus, so that an IOMMU cannot tell them apart. */
    public boolean conventionalBridge() {
        return conventionalBridge;
    }

    public Optional<Sriov> sriov() {
        return Optional.ofNullable(sriov);
    }

    /** What each VF is. */
    public Optional<FunctionDescription> virtualFunction() {
        return Optional.ofNullable(virtualFunction);
    }

    /** What the VPD capability reads; empty for none. */
    public byte[] productData() {
        return productData.clone();
    }

    /** What it is besides. */
    public Behaviour behaviour() {
        return behaviour;
    }

    /** Config space after power-on. */
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

    /** Collects what a model is made of. */
    public static final class Builder {
        private static final int VGA = 0x0300;
        private final DeviceKey key;
        private final List<Bar> bars = new ArrayList<>();
        private final List<Capability> capabilities = new ArrayList<>();
        private int revision;
        private int interruptPin;
        private BusNumbers bridge;
        private Sriov sriov;
        private String productName;
        private byte[] dumped;
        private Behaviour behaviour = Behaviour.PLAIN;

        private Builder(DeviceKey key) {
            this.key = key;
        }

        /** 0 to 255. */
        public Builder revision(int id) {
            revision = id & 0xff;
            return this;
        }

        public Builder bar(Bar bar) {
            bars.add(bar);
            return this;
        }

        /** Appended to its chain; the SR-IOV capability is made from {@link #sriov}. */
        public Builder capability(Capability capability) {
            capabilities.add(capability);
            return this;
        }

        /** A PCI Express capability of this type. */
        public Builder express(StandardCapabilities.PortType type) {
            return capability(StandardCapabilities.express(type));
        }

        /** A VPD capability that gives this name, at most 255 characters of ASCII. */
        public Builder productName(String name) {
            productName = name;
            return capability(StandardCapabilities.vitalProductData());
        }

        /** INTx: 0 for none, 1 for INTA to 4 for INTD. */
        public Builder interruptPin(int pin) {
            interruptPin = pin;
            return this;
        }

        /** Makes it a bridge: header type 1. */
        public Builder bridge(BusNumbers buses) {
            bridge = buses;
            return this;
        }

        public Builder behaviour(Behaviour besides) {
            behaviour = besides;
            return this;
        }

        public Builder sriov(Sriov virtualFunctions) {
            sriov = virtualFunctions;
            return this;
        }

        /**
         * Makes config space these bytes, whatever else was said: capabilities and SR-IOV are not added to it. What the
         * writable registers of known capabilities are is taken from this bus's own; the rest is read-only.
         *
         * @param config 256 or 4096 bytes
         */
        public Builder dumped(byte[] config) {
            dumped = config.clone();
            return this;
        }

        /** @throws IllegalArgumentException where the parts do not fit together; the sentence says which */
        public FunctionDescription build() {
            BarRules.check(bars, bridge == null ? 6 : 2);
            if (behaviour.vga() && key.classCode() >>> 8 != VGA) {
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
