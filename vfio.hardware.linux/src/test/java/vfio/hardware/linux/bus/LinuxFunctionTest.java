// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.device.HostDevices;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.os.Kernel;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

class LinuxFunctionTest {
    private static final String ADDRESS = "0000:01:00.0";

    @TempDir
    Path root;
    private SysfsTree tree;
    private SysfsTree.Function entry;

    @BeforeEach
    void plugOne() {
        tree = new SysfsTree(root);
        entry = tree.function(ADDRESS);
    }

    private PciFunction read() {
        return read(ADDRESS);
    }

    private PciFunction read(String address) {
        KernelDrivers drivers = new KernelDrivers(root, root.resolve("none"), Duration.ZERO);
        return new LinuxFunction(PciAddress.parse(address),
                new SysfsDirectory(root.resolve("bus/pci/devices").resolve(address)), drivers,
                new HostDevices(Kernel::host, root.resolve("nodes").toString(), HostDevices.Access.AUTO, Set.of()),
                new FakeHost(tree).side(drivers));
    }

    private static Errno errno(Runnable call) {
        return assertThrows(VfioException.class, call::run).errno();
    }

    @Test
    void aFullTreeIsReadWithoutWarnings() {
        entry.ids(0x15b3, 0x101d, 0x15b3, 0x0004).driver("mlx5_core").group(12).file("numa_node", "1\n")
                .file("driver_override", "vfio-pci\n").config(4096, 0x80);
        PciFunction function = read();
        assertEquals(new DeviceKey(0x15b3, 0x101d, 0x15b3, 0x0004, 0x020000), function.key());
        assertEquals(2, function.revision());
        assertEquals(0, function.headerType());
        assertEquals(OptionalInt.of(12), function.iommuGroup());
        assertEquals(OptionalInt.of(1), function.numaNode());
        assertEquals("mlx5_core", function.host().orElseThrow().driver());
        assertEquals("vfio-pci", function.host().orElseThrow().override());
        assertEquals(4096, function.config().size());
        assertEquals(0x101d15b3, function.config().read(0, 4));
        assertEquals(0x101d, function.config().read(2, 2));
        assertEquals(0x10, function.config().read(3, 1));
        assertEquals(List.of(), function.warnings());
    }

    @Test
    void whatTheKernelMayLeaveOutIsNoReasonToWarn() {
        entry.without("numa_node");
        PciFunction function = read();
        assertEquals(OptionalInt.empty(), function.iommuGroup());
        assertEquals(OptionalInt.empty(), function.numaNode());
        assertEquals(Optional.empty(), function.physicalFunction());
        assertEquals(List.of(), function.virtualFunctions());
        assertTrue(function.driversAutoprobe());
        assertNull(function.host().orElseThrow().driver());
        assertEquals(List.of(), function.warnings());
    }

    @ParameterizedTest
    @ValueSource(strings = {"vendor", "device", "subsystem_vendor", "subsystem_device", "class", "revision", "modalias",
        "driver_override", "resource", "config"})
    void eachMissingFileIsOneWarningThatNamesIt(String name) {
        entry.without(name);
        List<String> warnings = read().warnings();
        assertTrue(warnings.stream().anyMatch(w -> w.startsWith(name)), () -> name + " is not in " + warnings);
        // Without an id the modalias differs too, which is said as well.
        boolean id = read().key().equals(entry.key());
        assertEquals(id ? 1 : 2, warnings.size(), warnings::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"vendor", "device", "subsystem_vendor", "subsystem_device", "class", "revision", "modalias",
        "driver_override", "resource", "config", "numa_node", "sriov_drivers_autoprobe"})
    void aDirectoryInPlaceOfAFileIsAWarning(String name) throws IOException {
        Files.deleteIfExists(entry.path().resolve(name));
        Files.createDirectory(entry.path().resolve(name));
        readAll();
        assertTrue(read().warnings().stream().anyMatch(w -> w.startsWith(name)), () -> read().warnings().toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"vendor", "class", "modalias", "driver_override", "resource", "numa_node"})
    void aHugeFileIsNotReadIn(String name) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(entry.path().resolve(name).toFile(), "rw")) {
            file.setLength(1L << 40); // sparse; read in, it would not fit
        }
        readAll();
        assertTrue(read().warnings().stream().anyMatch(w -> w.startsWith(name + " is longer than 4096 bytes")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"vendor", "config", "resource", "driver", "iommu_group", "physfn", "virtfn0", "numa_node",
        "driver_override"})
    void aLinkToItselfHarmsNothing(String name) throws IOException {
        Files.deleteIfExists(entry.path().resolve(name));
        Files.createSymbolicLink(entry.path().resolve(name), Path.of(name));
        readAll();
    }

    /** Nothing throws but the two that may. */
    private void readAll() {
        PciFunction function = read();
        function.revision();
        function.headerType();
        function.bars();
        function.iommuGroup();
        function.numaNode();
        function.physicalFunction();
        function.virtualFunctions();
        function.driversAutoprobe();
        function.host();
        function.warnings();
        function.config().size();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "0x\n", "15b3\n", "0x15b3 0x1\n", "0x115b3\n", "0x-5b3\n", "0x15g3\n", "-0x1\n",
        "0x\u0661\u0665\u0662\u0663\n", "0x15b3\u0000\n", "0xfffffffff\n"})
    void anIdThatIsNoneIsZeroWithAWarning(String text) {
        entry.file("vendor", text);
        assertEquals(0, read().key().vendor());
        assertEquals(0x10d3, read().key().device());
        assertTrue(read().warnings().stream().anyMatch(w -> w.startsWith("vendor")), () -> read().warnings().toString());
    }

    @Test
    void aModaliasThatDiffersFromTheIdsIsAWarning() {
        entry.file("modalias", "pci:v00008086d000010D3sv00008086sd0000A01Fbc01sc08i02\n");
        assertEquals(0x020000, read().key().classCode());
        assertEquals(1, read().warnings().size());
        assertTrue(read().warnings().get(0).startsWith("modalias is 'pci:v00008086"));
    }

    @ParameterizedTest
    @CsvSource({"'(null)\n',", "'\n',", "'vfio-pci\n',vfio-pci", "'vfio-pci',vfio-pci", "'(null)x\n',(null)x",
        "'none\n',none", "' vfio-pci\n',' vfio-pci'"})
    void theOverrideIsWhatTheKernelShows(String shown, String override) {
        entry.file("driver_override", shown);
        assertEquals(override, read().host().orElseThrow().override());
        assertEquals(List.of(), read().warnings());
    }

    @Test
    void anOverrideThatIsNoTextNeverEqualsADriverAndIsSafeToPrint() {
        entry.bytes("driver_override", new byte[] {'v', 'f', (byte) 0xff, 27, '[', '3', '1', 'm', '\n'});
        assertEquals("vf\ufffd\ufffd[31m", read().host().orElseThrow().override());
        assertEquals(1, read().warnings().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"x\n", "", "1.5\n", "99999999999\n", "0x1\n"})
    void aNumaNodeThatIsNoNumberIsNoneWithAWarning(String text) {
        entry.file("numa_node", text);
        assertEquals(OptionalInt.empty(), read().numaNode());
        assertTrue(read().warnings().get(0).startsWith("numa_node is '"));
    }

    @Test
    void aGroupThatIsNoNumberIsNoneWithAWarning() {
        SysfsTree.link(entry.path().resolve("iommu_group"), tree.directory("kernel/iommu_groups/abc"));
        assertEquals(OptionalInt.empty(), read().iommuGroup());
        assertEquals(1, read().warnings().size());
    }

    @Test
    void aDriverThatIsAFileAndNoLinkIsAWarning() {
        entry.file("driver", "mlx5_core");
        assertNull(read().host().orElseThrow().driver());
        assertEquals(List.of("link driver cannot be read: no link"), read().warnings());
    }

    @Test
    void virtualAndPhysicalFunctionsKnowEachOtherInOrder() {
        SysfsTree.Function[] vfs = new SysfsTree.Function[12];
        for (int i = 0; i < vfs.length; i++) {
            vfs[i] = tree.function("10000:02:%02x.%d".formatted(i / 8, i % 8));
        }
        entry.virtualFunctions(vfs).file("sriov_drivers_autoprobe", "0\n");
        List<PciAddress> functions = read().virtualFunctions();
        assertEquals(12, functions.size());
        assertEquals("10000:02:01.3", functions.get(11).toString()); // virtfn11 is not sorted before virtfn2
        assertEquals(Optional.of(PciAddress.parse(ADDRESS)), read("10000:02:01.3").physicalFunction());
        assertTrue(read("10000:02:00.0").driversAutoprobe());
        assertEquals(false, read().driversAutoprobe());
        assertEquals(List.of(), read().warnings());
    }

    @Test
    void aVirtualFunctionLinkToNowhereIsLeftOutWithAWarning() {
        SysfsTree.Function vf = tree.function("0000:01:00.2");
        entry.virtualFunctions(vf, vf);
        SysfsTree.link(entry.path().resolve("virtfn0"), tree.directory("devices/platform"));
        assertEquals(List.of(PciAddress.parse("0000:01:00.2")), read().virtualFunctions());
        assertEquals(1, read().warnings().size());
    }

    @Test
    void anOrdinaryUserReadsTheHeaderAndNoMore() {
        entry.config(64, 0x81);
        assertEquals(1, read().headerType());
        assertEquals(0, read().config().read(60, 4));
        assertEquals(Errno.EFAULT, errno(() -> read().config().read(64, 1)));
        assertEquals(List.of(), read().warnings());
    }

    @ParameterizedTest
    @CsvSource({"-1,1", "256,1", "4096,1", "4095,2", "1,2", "2,4", "0,3", "0,8", "0,0", "2147483647,1", "-4,4"})
    void configReadsOutsideOrUnalignedAreRefused(int offset, int width) {
        assertEquals(Errno.EFAULT, errno(() -> read().config().read(offset, width)));
    }

    @Test
    void configIsNeverWritten() throws IOException {
        byte[] before = Files.readAllBytes(entry.path().resolve("config"));
        assertEquals(Errno.EACCES, errno(() -> read().config().write(4, 2, 0)));
        assertEquals(new String(before, StandardCharsets.ISO_8859_1),
                Files.readString(entry.path().resolve("config"), StandardCharsets.ISO_8859_1));
    }

    @Test
    void aMissingConfigFallsBackToTheHeaderOfTheClass() {
        entry.classCode(0x060400).without("config");
        assertEquals(1, read().headerType());
        assertEquals(Errno.EIO, errno(() -> read().config().read(0, 4)));
        entry.classCode(0x060700);
        assertEquals(2, read().headerType());
        entry.classCode(0x060000);
        assertEquals(0, read().headerType());
    }

    @Test
    void aFunctionThatAnswersAllOnesHasTheHeaderOfItsClass() {
        entry.bytes("config", SysfsTree.ones(256));
        assertEquals(0, read().headerType());
        entry.classCode(0x060400);
        assertEquals(1, read().headerType());
    }

    @Test
    void aTruncatedConfigIsAWarning() {
        entry.bytes("config", new byte[13]);
        assertEquals(List.of("config has 13 bytes, a header has 64"), read().warnings());
        assertEquals(0, read().headerType());
    }

    private HostDevice open() {
        return read().side().either(raw -> fail("the host virtualizes it"), host -> host.open(Optional.empty()));
    }

    @Test
    void openNeedsAnIommuGroupAndItsNode() {
        assertEquals(Errno.ENODEV, errno(this::open));
        entry.group(7);
        assertEquals(Errno.ENOENT, errno(this::open));
    }

    @Test
    void barsComeFromResource() {
        entry.resources("0x0000004000000000 0x00000040001fffff 0x000000000014220c",
                "0x0000000000000000 0x0000000000000000 0x0000000000000000",
                "0x000000000000e000 0x000000000000e01f 0x0000000000040101",
                "0x00000000fe000000 0x00000000fe000fff 0x0000000000040200");
        assertEquals(List.of(new Bar(0, 0x200000, false, true, true), new Bar(2, 32, true, false, false),
                new Bar(3, 0x1000, false, false, false)), read().bars());
    }

    @Test
    void aFunctionThatIsGoneSaysSoAndAnswersEmpty() {
        PciFunction function = read();
        entry.remove();
        assertEquals(List.of("the function is gone"), function.warnings());
        assertEquals(List.of(), function.bars());
        assertNull(function.host().orElseThrow().driver());
        assertEquals(Errno.EIO, errno(() -> function.config().read(0, 4)));
    }

    @Test
    void whatTheHostChangesIsSeenAtOnce() {
        PciFunction function = read();
        entry.driver("vfio-pci").group(7).file("driver_override", "vfio-pci\n");
        assertEquals("vfio-pci", function.host().orElseThrow().driver());
        assertEquals("vfio-pci", function.host().orElseThrow().override());
        assertEquals(OptionalInt.of(7), function.iommuGroup());
    }
}
