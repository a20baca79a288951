// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.DmaSpace;
import vfio.hardware.linux.device.HostDevices.Access;
import vfio.os.Kernel;
import vfio.pci.core.bus.HostDevice;

/** The road to a device: by group or by itself, as the kernel offers and as is set. */
class HostDevicesTest {
    private static final String NAME = "0000:01:00.0";

    private final FakeVfio vfio = new FakeVfio();
    private final Kernel kernel = new Kernel(vfio.calls());
    private HostDevices devices;
    @TempDir
    private Path sysfs;

    @BeforeEach
    void plug() throws IOException {
        function(NAME, 7, "vfio3");
        use(Access.AUTO);
    }

    @AfterEach
    void nothingStaysOpen() {
        assertEquals(List.of(), vfio.open());
    }

    private Path function(String name, int group, String cdev) throws IOException {
        Path directory = Files.createDirectories(sysfs.resolve(name));
        Path groups = Files.createDirectories(sysfs.resolve("groups/" + group));
        Files.createSymbolicLink(directory.resolve("iommu_group"), groups);
        if (cdev != null) {
            Files.createDirectories(directory.resolve("vfio-dev/" + cdev));
        }
        return directory;
    }

    private void use(Access access, String... noIommu) {
        devices = new HostDevices(() -> kernel, FakeVfio.FOLDER, access, Set.of(noIommu));
    }

    private HostDevice open(String name) {
        return devices.open(sysfs.resolve(name));
    }

    private Errno refused(String name) {
        return assertThrows(VfioException.class, () -> open(name)).errno();
    }

    @Test
    void deviceIsOpenedByItselfWhereTheKernelOffersThat() {
        try (HostDevice device = open(NAME)) {
            assertEquals(List.of("iommu", "devices/vfio3"), vfio.open());
            assertEquals(9, device.info().regions());
        }
    }

    /** What the kernel answers where it would let the device's interrupts through unchecked. */
    private String notPermitted(int request) {
        vfio.fails = Errno.EPERM;
        vfio.failing = request;
        VfioException refused = assertThrows(VfioException.class, () -> open(NAME));
        assertEquals(Errno.EPERM, refused.errno());
        return refused.sentence();
    }

    @Test
    void interruptsThatAreNotRemappedAreNamedWithTheOptionOfTheRoad() {
        String alone = notPermitted(IommufdAbi.DEVICE_BIND);
        assertTrue(alone.contains("its interrupts are not remapped"), alone);
        assertTrue(alone.endsWith("allow_unsafe_interrupts=1 of module iommufd"), alone);
        use(Access.GROUP);
        String group = notPermitted(VfioAbi.SET_IOMMU);
        assertTrue(group.startsWith("open 0000:01:00.0 by its group: "), group);
        assertTrue(group.endsWith("allow_unsafe_interrupts=1 of module vfio_iommu_type1"), group);
    }

    @Test
    void neighbourThatTheKernelsDriverHasIsNamedInstead() throws IOException {
        for (String[] each : new String[][] {{NAME, "vfio-pci"}, {"0000:01:00.1", "pcieport"}, {"0000:01:00.2", "e1000e"}}) {
            Path member = Files.createDirectories(sysfs.resolve("groups/7/devices").resolve(each[0]));
            Files.createSymbolicLink(member.resolve("driver"), Path.of("drivers", each[1]));
        }
        String said = notPermitted(IommufdAbi.DEVICE_BIND);
        assertTrue(said.endsWith("; 0000:01:00.2 of its group is bound to e1000e; bind it to a VFIO driver of the kernel, or "
                + "unbind it"), said);
    }

    @Test
    void neighbourIsNotNamedWhereTheKernelDoesNotSayWhatVfioHas() throws IOException {
        use(Access.GROUP);
        Files.delete(sysfs.resolve(NAME).resolve("vfio-dev/vfio3"));
        Files.delete(sysfs.resolve(NAME).resolve("vfio-dev"));
        Path member = Files.createDirectories(sysfs.resolve("groups/7/devices/0000:01:00.1"));
        Files.createSymbolicLink(member.resolve("driver"), Path.of("drivers", "vfio-pci"));
        String said = notPermitted(VfioAbi.SET_IOMMU);
        assertTrue(said.endsWith("allow_unsafe_interrupts=1 of module vfio_iommu_type1"), said);
    }

    @Test
    void settingTakesTheGroup() {
        use(Access.GROUP);
        open(NAME).close();
        assertTrue(vfio.asked.contains("7 6"), vfio.asked.toString());
    }

    @Test
    void kernelWithoutIommufdHasGroups() throws IOException {
        vfio.iommufd = false;
        HostDevice one = open(NAME);
        assertEquals(List.of("7", "vfio", "device"), vfio.open());
        one.close();
        function("0000:02:00.0", 8, null);
        vfio.iommufd = true;
        HostDevice two = open("0000:02:00.0");
        assertEquals(List.of("8", "vfio", "device"), vfio.open());
        two.close();
        use(Access.CDEV);
        assertEquals(Errno.ENOENT, refused("0000:02:00.0"));
    }

    @Test
    void membersOfAGroupShareAnAddressSpaceInOneIommufd() throws IOException {
        function("0000:01:00.1", 7, "vfio4");
        function("0000:02:00.0", 8, "vfio5");
        HostDevice one = open(NAME);
        HostDevice two = open("0000:01:00.1");
        HostDevice other = open("0000:02:00.0");
        assertEquals(one.dma(), two.dma());
        assertTrue(one.dma() != other.dma());
        assertEquals(List.of("iommu", "devices/vfio3", "devices/vfio4", "devices/vfio5"), vfio.open());
        one.close();
        two.close();
        assertEquals(List.of("iommu", "devices/vfio5"), vfio.open());
        other.close();
    }

    @Test
    void memoryIsMappedByIommufdToo() {
        try (HostDevice device = open(NAME); DmaBuffer buffer = new DmaBuffer(kernel.memory("dma", 8192))) {
            DmaSpace space = device.dma();
            assertEquals(4096, space.alignment());
            space.map(buffer, 4096, 4096, 0x10000, DmaSpace.WRITE);
            assertEquals(List.of("3"), vfio.dma.asked, "writeable, at an address of ours");
            assertEquals(Errno.EINVAL,
                    assertThrows(VfioException.class, () -> space.map(buffer, 0, 4096, 0x20000, 0)).errno());
            space.unmap(0x10000, 4096);
            space.map(buffer, 0, 4096, 0x10000, DmaSpace.READ);
            assertEquals(1, buffer.mappings());
        }
        assertEquals(Map.of(), vfio.dma.mapped);
    }

    /** Steps of the way to a device: bind, address space, attach. */
    @ParameterizedTest
    @ValueSource(ints = {118, 0x81, 119})
    void stepThatFailsLeavesNothingOpen(int step) {
        vfio.fails = Errno.EBUSY;
        vfio.failing = ';' << 8 | step;
        assertEquals(Errno.EBUSY, refused(NAME));
        assertEquals(List.of(), vfio.open());
        vfio.fails = null;
        open(NAME).close();
    }

    @Test
    void groupThatIsOpenIsNamed() {
        vfio.fails = Errno.EBUSY;
        vfio.failing = IommufdAbi.DEVICE_BIND;
        VfioException busy = assertThrows(VfioException.class, () -> open(NAME));
        assertTrue(busy.getMessage().contains("its group is open"), busy.getMessage());
    }

    @Test
    void functionWithoutIommuNeedsItsFlag() throws IOException {
        Path directory = function("0000:03:00.0", 9, null);
        Files.writeString(directory.resolve("iommu_group/name"), "vfio-noiommu\n");
        VfioException refused = assertThrows(VfioException.class, () -> open("0000:03:00.0"));
        assertEquals(Errno.EPERM, refused.errno());
        assertTrue(refused.getMessage().contains("tainted") && refused.getMessage().contains("hugepages only"));
        use(Access.AUTO, "0000:03:00.0");
        try (HostDevice device = open("0000:03:00.0")) {
            assertEquals(List.of("noiommu-9", "vfio", "device"), vfio.open());
            assertEquals(Errno.EOPNOTSUPP, assertThrows(VfioException.class, device::dma).errno());
        }
    }

    @Test
    void mediatedDeviceIsInAGroupOfItsOwnToo() throws IOException {
        Path directory = function("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", 10, null);
        Files.writeString(directory.resolve("iommu_group/name"), "vfio-noiommu\n");
        Files.createSymbolicLink(directory.resolve("subsystem"), Files.createDirectories(sysfs.resolve("bus/mdev")));
        HostDevice device = open("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
        assertEquals(List.of("10", "vfio", "device"), vfio.open());
        device.close();
    }

    @Test
    void tokenGoesByTheGroup() {
        String text = NAME + " vf_token=12345678-1234-1234-1234-123456789abc";
        HostDevice device = devices.open(sysfs.resolve(NAME), text);
        assertEquals(List.of("7", "vfio", "device"), vfio.open());
        device.close();
        use(Access.CDEV);
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> devices.open(sysfs.resolve(NAME), text)).errno());
    }

    @Test
    void functionInNoGroupSaysWhatToDo() throws IOException {
        Files.createDirectories(sysfs.resolve("0000:04:00.0"));
        assertEquals(Errno.ENODEV, refused("0000:04:00.0"));
    }

    @Test
    void openAndCloseMakeNoConfigAccessOfOurs() {
        for (Access access : Access.values()) {
            use(access);
            open(NAME).close();
        }
        assertEquals(0, vfio.configAccesses);
        try (HostDevice device = open(NAME)) {
            device.region(7).read(0, 4);
            assertEquals(1, vfio.configAccesses);
        }
    }
}
