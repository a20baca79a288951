// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.hardware.linux.device.HostDevices.Access;
import vfio.pci.core.bus.HostDevice;

/** VFs that the kernel's driver of their PF has made, opened beside each other. */
class VirtualFunctionsTest {
    private static final int CONFIG = 7;

    private Path physical;

    @BeforeEach
    void make() throws Exception {
        physical = Path.of("/sys/bus/pci/devices", Guest.function("1b36:0010"));
        Files.writeString(physical.resolve("sriov_drivers_autoprobe"), "0");
        Files.writeString(physical.resolve("sriov_numvfs"), "2");
    }

    @AfterEach
    void takeAway() throws Exception {
        Files.writeString(physical.resolve("sriov_numvfs"), "0");
        Files.writeString(physical.resolve("sriov_drivers_autoprobe"), "1");
    }

    private List<String> virtual() throws Exception {
        try (Stream<Path> links = Files.list(physical)) {
            return links.filter(link -> link.getFileName().toString().startsWith("virtfn"))
                    .map(VirtualFunctionsTest::target).sorted().toList();
        }
    }

    private static String target(Path link) {
        try {
            return link.toRealPath().getFileName().toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void virtualFunctionsAreOpenedBesideEachOther() throws Exception {
        List<String> names = virtual();
        assertEquals(2, names.size());
        try (Given first = Given.of(names.get(0)); Given second = Given.of(names.get(1));
                HostDevice one = first.open(Access.AUTO); HostDevice two = second.open(Access.AUTO)) {
            for (HostDevice device : List.of(one, two)) {
                assertEquals(0x00101b36, device.region(CONFIG).read(0, 4), "ids that the kernel puts in");
                assertEquals(2, device.region(0).read(0x1c, 4), "CSTS: failed, since the PF has not brought it online");
            }
        }
    }
}
