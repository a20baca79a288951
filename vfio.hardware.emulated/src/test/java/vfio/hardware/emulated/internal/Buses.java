// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.annotation.Annotation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import vfio.core.EventLog;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.FunctionSpec;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

/** Buses and functions as tests need them. */
final class Buses {
    static final DeviceKey NIC = new DeviceKey(0x8086, 0x10d3, 0x8086, 0xa01f, 0x020000);

    private Buses() {
    }

    /** @param topology a file, or empty for the built-in topology */
    static EmulatedBus.Config config(String topology, Path directory) {
        return new EmulatedBus.Config() {
            @Override
            public String topology() {
                return topology;
            }

            @Override
            public String directory() {
                return directory.toString();
            }

            @Override
            public Class<? extends Annotation> annotationType() {
                return EmulatedBus.Config.class;
            }
        };
    }

    static EmulatedBus builtIn(Path directory) {
        return new EmulatedBus(config("", directory), new EventLog());
    }

    static EmulatedBus of(String yaml, Path directory) {
        return new EmulatedBus(config(file(yaml, directory).toString(), directory), new EventLog());
    }

    static Path file(String yaml, Path directory) {
        try {
            return Files.writeString(directory.resolve("topology.yaml"), yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static EmulatedBus empty(Path directory) {
        return of("functions: []", directory);
    }

    static PciAddress at(String address) {
        return PciAddress.parse(address);
    }

    static FunctionSpec nic(String address, PciFunction.Bar... bars) {
        FunctionDescription.Builder builder = FunctionDescription.builder(NIC);
        List.of(bars).forEach(builder::bar);
        return new FunctionSpec(at(address), builder.express(PortType.ENDPOINT).build());
    }

    static FunctionSpec physical(String address, int total, int offset, int stride) {
        PciFunction.Bar bar = new PciFunction.Bar(0, 1 << 20, false, true, true);
        DeviceKey key = new DeviceKey(0x15b3, 0x101d, 0x15b3, 0x16, 0x020000);
        return new FunctionSpec(at(address), FunctionDescription.builder(key).express(PortType.ENDPOINT)
                .sriov(total, 0x101e, offset, stride, vf -> vf.bar(bar).express(PortType.ENDPOINT)).build());
    }
}
