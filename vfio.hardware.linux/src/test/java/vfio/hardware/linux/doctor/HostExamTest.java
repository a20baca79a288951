// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.admin.HostAdmin.Verdict;

class HostExamTest {
    private static final long GIB = 1L << 30;

    @TempDir
    Path host;

    /** A host on which everything works. */
    @BeforeEach
    void healthy() throws IOException {
        write("sys/kernel/iommu_groups/1/type", "DMA-FQ");
        write("sys/kernel/iommu_groups/1/devices/0000:01:00.0", "");
        write("sys/kernel/iommu_groups/2/type", "identity");
        write("sys/kernel/iommu_groups/2/devices/0000:02:00.0", "");
        write("sys/bus/pci/devices/0000:01:00.0/class", "0x020000");
        write("sys/bus/pci/devices/0000:01:00.0/iommu_group/type", "DMA-FQ"); // a link; that it is there is all that counts
        write("sys/bus/pci/devices/0000:02:00.0/class", "0x010802");
        write("sys/bus/pci/devices/0000:02:00.0/iommu_group/type", "identity");
        write("sys/bus/pci/drivers/vfio-pci/new_id", "");
        write("sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "65535");
        write("sys/kernel/security/lockdown", "[none] integrity confidentiality");
        write("proc/interrupts", "  24:   0   0  IR-PCI-MSI-0000:01:00.0    0-edge   eth0");
        write("proc/self/limits", "Max locked memory         unlimited            unlimited            bytes     ");
        write("proc/self/status", "Name:\tjava\nCapEff:\t000001ffffffffff\n");
        write("proc/self/mountinfo", "21 1 254:1 / / rw,relatime shared:1 - ext4 /dev/root rw");
        write("dev/vfio/vfio", "");
        Files.createDirectories(host.resolve("tmp"));
    }

    private void write(String file, String text) throws IOException {
        Path path = host.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text + "\n");
    }

    private void delete(String file) throws IOException {
        Files.delete(host.resolve(file));
    }

    private List<Finding> examine(long memory) {
        return new HostExam(host.resolve("sys"), host.resolve("proc"), host.resolve("dev/vfio"), host.resolve("tmp"), true)
                .examine(memory);
    }

    private Finding finding(String check) {
        return finding(check, 0);
    }

    private Finding finding(String check, long memory) {
        Finding found = examine(memory).stream().filter(finding -> finding.check().equals(check)).findFirst().orElse(null);
        assertNotNull(found, () -> check + " in " + examine(memory));
        return found;
    }

    private void expect(Verdict verdict, String check, String text) {
        Finding found = finding(check);
        assertEquals(verdict, found.verdict(), found.toString());
        assertTrue((found.found() + found.advice()).contains(text), found.toString());
    }

    @Test
    void nothingIsWrongWithAHealthyHost() {
        assertTrue(examine(16 * GIB).stream()
                .allMatch(finding -> finding.verdict() == Verdict.OK && finding.advice() == null),
                examine(16 * GIB).toString());
        expect(Verdict.OK, "iommu", "2 groups; the kernel's own domains: DMA-FQ 1, identity 1");
        expect(Verdict.OK, "kernel vfio", "by groups");
    }

    @Test
    void hostWithoutFilesIsExaminedToo() {
        List<Finding> findings = new HostExam(host.resolve("no"), host.resolve("no"), host.resolve("no/vfio"),
                host.resolve("tmp"), true).examine(0);
        assertTrue(findings.stream().anyMatch(finding -> finding.verdict() == Verdict.PROBLEM), findings.toString());
    }

    @Test
    void withoutIommuNothingCanBeGivenAway() throws IOException {
        for (String number : List.of("1", "2")) {
            delete("sys/kernel/iommu_groups/" + number + "/type");
            delete("sys/kernel/iommu_groups/" + number + "/devices/0000:0" + number + ":00.0");
            delete("sys/kernel/iommu_groups/" + number + "/devices");
            delete("sys/kernel/iommu_groups/" + number);
        }
        expect(Verdict.PROBLEM, "iommu", "intel_iommu=on");
        write("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y");
        expect(Verdict.WARNING, "iommu", "write to all memory");
    }

    @Test
    void interruptsThatAreNotRemappedAreRefusedByTheKernelUnlessAllowed() throws IOException {
        write("proc/interrupts", "  24:   0   0  PCI-MSI-0000:01:00.0    0-edge   eth0");
        expect(Verdict.PROBLEM, "interrupt remapping", "EPERM");
        write("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Y");
        expect(Verdict.WARNING, "interrupt remapping", "allow_unsafe_interrupts=1");
        write("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N");
        write("sys/module/iommufd/parameters/allow_unsafe_interrupts", "Y");
        expect(Verdict.WARNING, "interrupt remapping", "allowed to be by iommufd");
    }

    @Test
    void functionsWhoseInterruptsAreNotRemappedAreNamedThoughOthersAre() throws IOException {
        write("proc/interrupts", "  24:   0   0  IR-PCI-MSI-0000:01:00.0    0-edge   eth0\n"
                + "  25:   0   0  PCI-MSIX-0000:02:00.0    0-edge   nvme0q0\n"
                + "  26:   0   0  PCI-MSIX-0000:02:00.0    1-edge   nvme0q1");
        expect(Verdict.WARNING, "interrupt remapping", "on, but not for 0000:02:00.0");
        expect(Verdict.WARNING, "interrupt remapping", "allow_unsafe_interrupts=1 of modules vfio_iommu_type1 and iommufd");
        write("sys/module/iommufd/parameters/allow_unsafe_interrupts", "Y");
        expect(Verdict.WARNING, "interrupt remapping",
                "raise any interrupt of this host: allow_unsafe_interrupts=1 of iommufd");
    }

    @Test
    void functionsInNoGroupAreNamedBridgesAreNot() throws IOException {
        write("sys/bus/pci/devices/0000:00:1c.0/class", "0x060400");
        expect(Verdict.OK, "groups", "alone");
        write("sys/bus/pci/devices/0000:03:00.0/class", "0x020000");
        expect(Verdict.WARNING, "groups", "in no IOMMU group: 0000:03:00.0");
        expect(Verdict.WARNING, "groups", "guard iommu");
    }

    @Test
    void bridgesDoNotShareAGroupButFunctionsDo() throws IOException {
        write("sys/bus/pci/devices/0000:01:00.1/class", "0x020000");
        write("sys/bus/pci/devices/0000:01:00.1/iommu_group/type", "DMA-FQ");
        write("sys/bus/pci/devices/0000:00:1c.0/class", "0x060400");
        write("sys/kernel/iommu_groups/2/devices/0000:00:1c.0", "");
        expect(Verdict.OK, "groups", "alone");
        write("sys/kernel/iommu_groups/1/devices/0000:01:00.1", "");
        expect(Verdict.NOTE, "groups", "1 (0000:01:00.0 0000:01:00.1)");
    }

    @Test
    void waysThatTheKernelOffersAreNamed() throws IOException {
        write("dev/iommu", "");
        Files.createDirectories(host.resolve("sys/class/vfio-dev"));
        expect(Verdict.OK, "kernel vfio", "by iommufd and groups");
        delete("dev/vfio/vfio");
        expect(Verdict.OK, "kernel vfio", "by iommufd");
        delete("dev/iommu");
        expect(Verdict.PROBLEM, "kernel vfio", "modprobe vfio-pci");
    }

    @Test
    void whoHasAGroupOpenIsNamed() throws IOException {
        write("dev/vfio/12", "");
        write("proc/4711/comm", "qemu");
        Files.createDirectories(host.resolve("proc/4711/fd"));
        Files.createSymbolicLink(host.resolve("proc/4711/fd/3"), host.resolve("dev/vfio/vfio"));
        assertTrue(examine(0).stream().noneMatch(finding -> finding.check().equals("in use")),
                "a container is nobody's device");
        Files.createSymbolicLink(host.resolve("proc/4711/fd/4"), host.resolve("dev/vfio/12"));
        expect(Verdict.NOTE, "in use", "process 4711 (qemu) has " + host.resolve("dev/vfio/12") + " open");
    }

    @Test
    void vfioWithoutItsPciDriverIsAWarning() throws IOException {
        delete("sys/bus/pci/drivers/vfio-pci/new_id");
        delete("sys/bus/pci/drivers/vfio-pci");
        expect(Verdict.WARNING, "kernel vfio", "modprobe");
    }

    @ParameterizedTest
    @ValueSource(strings = {"vfio_pci/disable_denylist", "vfio_pci/enable_sriov",
            "vfio_pci/nointxmask", "vfio_pci/disable_vga",
        "vfio_pci/disable_idle_d3", "vfio/enable_unsafe_noiommu_mode", "vfio_iommu_type1/allow_unsafe_interrupts",
        "iommufd/allow_unsafe_interrupts"})
    void optionsThatChangeWhatUsersMayDoAreTold(String option) throws IOException {
        String[] names = option.split("/");
        write("sys/module/" + names[0] + "/parameters/" + names[1], "N");
        assertTrue(examine(0).stream().noneMatch(finding -> finding.check().equals("module option")));
        write("sys/module/" + names[0] + "/parameters/" + names[1], "Y");
        expect(Verdict.NOTE, "module option", names[0] + "." + names[1] + "=1");
    }

    @ParameterizedTest
    @CsvSource({"8388608, 0, WARNING", "67108864, 0, OK", "8388608, 8388608, OK", "8388608, 8388609, PROBLEM",
        "unlimited, 1099511627776, OK"})
    void lockedMemoryIsComparedWithTheGuests(String limit, long memory, Verdict verdict) throws IOException {
        write("proc/self/status", "CapEff:\t0000000000000000");
        write("proc/self/limits", "Max locked memory         " + limit + "              8388608              bytes     ");
        assertEquals(verdict, finding("locked memory", memory).verdict());
    }

    @Test
    void capabilityLiftsTheLimitOfLockedMemory() throws IOException {
        write("proc/self/limits", "Max locked memory         8388608              8388608              bytes     ");
        write("proc/self/status", "CapEff:\t0000000000004000");
        assertEquals(Verdict.OK, finding("locked memory", 16 * GIB).verdict());
    }

    @Test
    void limitThatCannotBeReadIsNoLimitThatIsKept() throws IOException {
        write("proc/self/limits", "garbage");
        expect(Verdict.WARNING, "locked memory", "cannot be read");
    }

    @ParameterizedTest
    @CsvSource({"65534, WARNING", "65535, OK", "1000000, OK"})
    void fewerMappingsThanUsualAreAWarning(String limit, Verdict verdict) throws IOException {
        write("sys/module/vfio_iommu_type1/parameters/dma_entry_limit", limit);
        assertEquals(verdict, finding("dma_entry_limit").verdict());
    }

    @Test
    void missingCapabilitiesAreNamedWithWhatTheyAreFor() throws IOException {
        write("proc/self/status", "CapEff:\t0000000000000003");
        Finding found = finding("capabilities");
        assertEquals(Verdict.NOTE, found.verdict());
        assertTrue(found.found().contains("sys_module: load") && found.found().contains("sys_admin"), found.found());
        assertTrue(!found.found().contains("chown") && !found.found().contains("dac_override"), found.found());
    }

    @ParameterizedTest
    @CsvSource({"none [integrity] confidentiality, integrity", "none integrity [confidentiality], confidentiality"})
    void lockdownIsTold(String text, String mode) throws IOException {
        write("sys/kernel/security/lockdown", text);
        expect(Verdict.NOTE, "lockdown", mode);
    }

    @Test
    void folderThatForbidsExecutionIsAProblemWhereItIsTheInnermostMount() throws IOException {
        String mount = "30 21 0:44 / " + host.resolve("tmp").toRealPath() + " rw,nosuid,noexec shared:2 - tmpfs tmpfs rw";
        write("proc/self/mountinfo", "21 1 254:1 / / rw shared:1 - ext4 /dev/root rw\n" + mount + "\nshort line");
        expect(Verdict.PROBLEM, "temporary folder", "java.io.tmpdir");
        write("proc/self/mountinfo",
                mount.replace(",noexec", "") + "\n21 1 254:1 / / rw,noexec shared:1 - ext4 /dev/root rw");
        expect(Verdict.OK, "temporary folder", host.resolve("tmp").toString());
    }
}
