// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.pci.core.bus.PciFunction.KernelDriver;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

class KernelDriversTest {
    private static final String GENERIC = "vfio_pci:v*d*sv*sd*bc*sc*i*";
    private static final String MLX5 = "vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*";
    private static final DeviceKey VF = new DeviceKey(0x15b3, 0x101e, 0x15b3, 0x0004, 0x020000);
    private static final DeviceKey NVME = new DeviceKey(0x144d, 0xa808, 0x144d, 0xa801, 0x010802);

    private static final GuardedFunction NONE =
            new GuardedFunction(PciAddress.parse("0000:00:00.0"), new SysfsDirectory(Path.of("none")));

    @TempDir
    Path root;
    private Path release;
    private SysfsTree tree;

    @BeforeEach
    void makeFolders() throws IOException {
        tree = new SysfsTree(root.resolve("sys"));
        release = Files.createDirectories(root.resolve("modules/6.12.0"));
    }

    private List<KernelDriver> matching(DeviceKey key, String bound) {
        return new KernelDrivers(tree.root(), release, Duration.ZERO).matching(key, bound, NONE.directory());
    }

    private GuardedFunction bound(String address, String driver) {
        return new GuardedFunction(PciAddress.parse(address),
                new SysfsDirectory(tree.function(address).driver(driver).path()));
    }

    private List<KernelDriver> matching(DeviceKey key) {
        return matching(key, null);
    }

    private void aliases(String... lines) {
        SysfsTree.write(release.resolve("modules.alias"), String.join("\n", lines) + "\n");
    }

    private void builtIn(String... strings) {
        SysfsTree.write(release.resolve("modules.builtin.modinfo"), String.join("\0", strings) + "\0");
    }

    @Test
    void fewestWildcardsComeFirstWhateverTheFilesOrder() {
        aliases("# Aliases extracted from modules themselves.", "alias " + GENERIC + " vfio_pci",
                "alias pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_core", "alias " + MLX5 + " mlx5_vfio_pci",
                "alias vfio_pci:v000015B3d*sv*sd*bc*sc*i* broad_vfio_pci");
        assertEquals(List.of(new KernelDriver("mlx5_vfio_pci", null, MLX5),
                new KernelDriver("broad_vfio_pci", null, "vfio_pci:v000015B3d*sv*sd*bc*sc*i*"),
                new KernelDriver("vfio_pci", null, GENERIC)), matching(VF));
        assertEquals(List.of(new KernelDriver("vfio_pci", null, GENERIC)), matching(NVME));
    }

    @Test
    void equallySpecificModulesAreOrderedByName() {
        aliases("alias " + MLX5 + " b_vfio", "alias " + MLX5 + " a_vfio");
        assertEquals(List.of("a_vfio", "b_vfio"), matching(VF).stream().map(KernelDriver::module).toList());
    }

    @Test
    void aModuleIsListedOnceByItsBestPattern() {
        aliases("alias " + GENERIC + " m", "alias " + MLX5 + " m", "alias " + MLX5 + " m");
        assertEquals(List.of(new KernelDriver("m", null, MLX5)), matching(VF));
    }

    @Test
    void aGivenInterfaceIsComparedWithoutTheStarThatEndsThePattern() {
        aliases("alias vfio_pci:v*d*sv*sd*bc01sc08i02* nvme_vfio_pci");
        assertEquals(1, matching(NVME).size());
        assertEquals(0, matching(VF).size());
    }

    @Test
    void driverNamesAreLearntFromTheLoadedModuleAndNeverMadeOfItsName() {
        aliases("alias " + GENERIC + " vfio_pci", "alias " + MLX5 + " mlx5_vfio_pci");
        tree.driver("vfio_pci", "vfio-pci");
        assertEquals(List.of(new KernelDriver("mlx5_vfio_pci", null, MLX5),
                new KernelDriver("vfio_pci", "vfio-pci", GENERIC)), matching(VF));
        tree.driver("mlx5_vfio_pci", "mlx5_vfio_pci");
        assertEquals("mlx5_vfio_pci", matching(VF).get(0).driver());
    }

    @Test
    void eitherLinkAloneTellsTheDriverOfAModule() throws IOException {
        aliases("alias " + GENERIC + " vfio_pci");
        tree.driver("vfio_pci", "vfio-pci");
        Files.delete(tree.root().resolve("bus/pci/drivers/vfio-pci/module"));
        assertEquals("vfio-pci", matching(NVME).get(0).driver());
        tree.driver("vfio_pci", "vfio-pci");
        Files.delete(tree.root().resolve("module/vfio_pci/drivers/pci:vfio-pci"));
        assertEquals("vfio-pci", matching(NVME).get(0).driver());
    }

    @Test
    void driversOfOtherBusesAreNone() {
        aliases("alias " + GENERIC + " vfio_pci");
        SysfsTree.link(tree.directory("module/vfio_pci/drivers").resolve("platform:vfio-pci"),
                tree.directory("bus/platform"));
        assertEquals(List.of(new KernelDriver("vfio_pci", null, GENERIC)), matching(NVME));
    }

    @Test
    void aKernelWithoutVfioHasNone() throws IOException {
        tree.driver("e1000e", "e1000e");
        assertEquals(List.of(), matching(VF, "e1000e"));
        aliases("alias pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_core", "alias symbol:vfio_pci_core_open vfio_pci_core");
        assertEquals(List.of(), matching(VF, "e1000e"));
        Files.delete(release.resolve("modules.alias"));
        Files.delete(release);
        assertEquals(List.of(), matching(VF, "e1000e"));
    }

    @Test
    void theBuiltInGenericDriverMatchesEverythingWithoutAPattern() {
        builtIn("vfio_pci.license=GPL v2", "vfio_pci.file=drivers/vfio/pci/vfio-pci",
                "vfio_pci_core.file=drivers/vfio/pci/vfio-pci-core");
        tree.driver("vfio_pci", "vfio-pci");
        tree.directory("module/vfio_pci_core");
        assertEquals(List.of(new KernelDriver("vfio_pci", "vfio-pci", null)), matching(NVME));
    }

    @Test
    void aBuiltInVariantWithoutPatternsIsOneOnlyWhereItIsBound() {
        builtIn("vfio_pci.file=drivers/vfio/pci/vfio-pci", "mlx5_vfio_pci.file=drivers/vfio/pci/mlx5/mlx5-vfio-pci",
                "vfio_platform.file=drivers/vfio/platform/vfio-platform");
        tree.driver("vfio_pci", "vfio-pci");
        tree.driver("mlx5_vfio_pci", "mlx5_vfio_pci");
        assertEquals(List.of("vfio-pci"), matching(VF).stream().map(KernelDriver::driver).toList());
        assertEquals(List.of("mlx5_vfio_pci", "vfio-pci"),
                matching(VF, "mlx5_vfio_pci").stream().map(KernelDriver::driver).toList());
    }

    @Test
    void patternsOfBuiltInDriversCountLikeThoseOfModules() {
        builtIn("vfio_pci.file=drivers/vfio/pci/vfio-pci", "vfio_pci.alias=" + GENERIC, "mlx5_vfio_pci.alias=" + MLX5,
                "mlx5_core.alias=pci:v000015B3d0000101Esv*sd*bc*sc*i*");
        tree.driver("vfio_pci", "vfio-pci");
        assertEquals(List.of(new KernelDriver("mlx5_vfio_pci", null, MLX5),
                new KernelDriver("vfio_pci", "vfio-pci", GENERIC)), matching(VF));
    }

    @Test
    void loadedDriversAreKnownWhereTheModulesFolderIsMissing() throws IOException {
        Files.delete(release);
        tree.driver("vfio_pci", "vfio-pci");
        tree.driver("hisi_acc_vfio_pci", "hisi_acc_vfio_pci");
        Path holders = tree.directory("module/vfio_pci_core/holders");
        SysfsTree.link(holders.resolve("hisi_acc_vfio_pci"), tree.root().resolve("module/hisi_acc_vfio_pci"));
        assertEquals(List.of(new KernelDriver("vfio_pci", "vfio-pci", null)), matching(VF));
        assertEquals(List.of(new KernelDriver("hisi_acc_vfio_pci", "hisi_acc_vfio_pci", null),
                new KernelDriver("vfio_pci", "vfio-pci", null)), matching(VF, "hisi_acc_vfio_pci"));
    }

    @Test
    void aChangedFileIsReadAgain() {
        KernelDrivers drivers = new KernelDrivers(tree.root(), release, Duration.ZERO);
        assertEquals(List.of(), drivers.matching(VF, NONE));
        aliases("alias " + GENERIC + " vfio_pci");
        assertEquals(1, drivers.matching(VF, NONE).size());
        aliases("alias " + GENERIC + " vfio_pci", "alias " + MLX5 + " mlx5_vfio_pci");
        assertEquals(2, drivers.matching(VF, NONE).size());
    }

    @Test
    void hostileFilesGiveNothingOrWhatIsWellFormed() throws IOException {
        aliases("alias vfio_pci:v*d*sv*sd*bc*sc*i* ", "alias vfio_pci:v*d*sv*sd*bc*sc*i*", "alias vfio_pci:x y", "alias",
                "alias vfio_pci:" + "v".repeat(10_000) + " m", "alias " + GENERIC + " ../../../etc", "\0\uffff\u001b",
                "alias " + GENERIC + " vfio_pci");
        builtIn("", "=", ".", ".file=drivers/vfio/pci/x", "x.file=", "vfio_pci.alias=vfio_pci:", "m.alias=vfio_pci:v*");
        assertEquals(List.of("vfio_pci"), matching(VF).stream().map(KernelDriver::module).toList());
        Files.delete(release.resolve("modules.builtin.modinfo"));
        Files.createDirectory(release.resolve("modules.builtin.modinfo"));
        try (RandomAccessFile file = new RandomAccessFile(release.resolve("modules.alias").toFile(), "rw")) {
            file.setLength(1L << 40);
        }
        assertEquals(List.of("vfio_pci"), matching(VF).stream().map(KernelDriver::module).toList());
    }

    /** A module as vendors ship it: a driver for the PF, one for VFs that the host uses, and one of VFIO's. */
    private void threeDriversOfOneModule() {
        aliases("alias " + MLX5 + " acme");
        for (String driver : List.of("acme-pf", "acme-vf", "acme-pass")) {
            tree.driver("acme", driver);
        }
    }

    private static List<String> names(List<KernelDriver> drivers) {
        return drivers.stream().map(KernelDriver::driver).toList();
    }

    @Test
    void driverWithFunctionsThatVfioHasNotIsNoneOfItsThoughItsModuleIs() {
        tree.tellsWhatVfioHas();
        threeDriversOfOneModule();
        KernelDrivers drivers = new KernelDrivers(tree.root(), release, Duration.ZERO);
        tree.function("0000:01:00.0").driver("acme-pf");
        GuardedFunction hosts = bound("0000:01:00.1", "acme-vf");
        assertEquals(List.of("acme-pass"), names(drivers.matching(VF, hosts)));
        assertFalse(drivers.have(hosts));
        assertEquals(List.of("acme-pass"), drivers.registeredBy("acme"));
    }

    @Test
    void driverThatHasFunctionsForVfioIsTriedBeforeThoseOfWhichNothingIsKnown() {
        tree.tellsWhatVfioHas();
        threeDriversOfOneModule();
        tree.driver("acme", "b-vfio");
        KernelDrivers drivers = new KernelDrivers(tree.root(), release, Duration.ZERO);
        assertEquals(List.of("b-vfio", "acme-pass", "acme-pf", "acme-vf"), names(drivers.matching(VF, NONE)));
        GuardedFunction given = bound("0000:01:00.1", "acme-vf");
        tree.function(given.directory().path()).vfio(true);
        assertEquals(List.of("acme-vf", "b-vfio", "acme-pass", "acme-pf"), names(drivers.matching(VF, given)));
        assertTrue(drivers.have(given));
    }

    @Test
    void driverThatHasTheFunctionForVfioIsAmongThoseThatMatchWhateverItsIdsSay() {
        tree.tellsWhatVfioHas();
        aliases("alias " + GENERIC + " vfio_pci");
        tree.driver("vfio_pci", "vfio-pci");
        tree.driver("nvidia", "nvidia");
        GuardedFunction given = bound("0000:01:00.1", "nvidia");
        tree.function(given.directory().path()).vfio(true);
        KernelDrivers drivers = new KernelDrivers(tree.root(), release, Duration.ZERO);
        assertEquals(List.of(new KernelDriver("nvidia", "nvidia", null), new KernelDriver("vfio_pci", "vfio-pci", GENERIC)),
                drivers.matching(VF, given));
    }

    @Test
    void olderKernelTellsByTheModuleAlone() {
        threeDriversOfOneModule();
        KernelDrivers drivers = new KernelDrivers(tree.root(), release, Duration.ZERO);
        assertTrue(drivers.have(bound("0000:01:00.1", "acme-vf")));
        assertEquals(List.of("acme-pass", "acme-pf", "acme-vf"), names(drivers.matching(VF, NONE)));
    }

    @Test
    void driverIsOneOfVfiosByItsModuleAndWhatItRegistersIsReadAnew() {
        tree.driver("vfio_pci", "vfio-pci");
        tree.driver("nvme", "nvme");
        KernelDrivers drivers = new KernelDrivers(tree.root(), release, Duration.ofDays(1));
        assertTrue(drivers.have(bound("0000:01:00.0", "vfio-pci")));
        assertFalse(drivers.have(bound("0000:02:00.0", "nvme")));
        assertFalse(drivers.have(NONE));
        assertEquals(List.of(), drivers.registeredBy("mlx5_vfio_pci"));
        tree.driver("mlx5_vfio_pci", "mlx5-vfio-pci");
        assertEquals(List.of("mlx5-vfio-pci"), drivers.registeredBy("mlx5_vfio_pci"));
    }
}
