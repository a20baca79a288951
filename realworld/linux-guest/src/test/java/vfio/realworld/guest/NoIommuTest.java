// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.binding.HostTakeover;
import vfio.hardware.linux.device.HostDevices;
import vfio.hardware.linux.device.HostDevices.Access;
import vfio.os.Kernel;
import vfio.pci.core.bus.HostBinding.Request;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.id.DeviceKey;

/** A function on a bus that the guest's IOMMU does not see, which Debian's kernel never gives to VFIO. */
@Tag("iommufd")
@EnabledIfSystemProperty(named = "guest.kernel", matches = "iommufd")
class NoIommuTest {
    private static final Path ALLOWED = Path.of("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
    private static final Path TAINTS = Path.of("/proc/sys/kernel/tainted");
    private static final int USER = 1 << 6;
    private static final int CONFIG = 7;

    @TempDir
    Path folder;
    private final String function = Guest.all("1b36:0005").get(1);
    private final Logger log = Logger.getLogger(HostDevices.class.getName());
    private final List<String> warnings = new ArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            warnings.add(record.getMessage());
        }

        @Override
        public void flush() {
            // nothing is kept back
        }

        @Override
        public void close() {
            // nothing is open
        }
    };

    NoIommuTest() throws IOException {
    }

    @BeforeEach
    void listen() {
        log.addHandler(handler);
    }

    @AfterEach
    void forbid() throws IOException {
        log.removeHandler(handler);
        Guest.rebind(function, "");
        Files.writeString(ALLOWED, "N");
    }

    private HostDevice open(String... listed) {
        return new HostDevices(Kernel::host, "/dev/vfio", Access.AUTO, Set.of(listed)).open(Guest.directory(function));
    }

    private VfioException refused(String... listed) {
        return assertThrows(VfioException.class, () -> open(listed).close());
    }

    @Test
    void kernelKeepsItFromVfioUnlessItsParameterAllowsIt() throws IOException {
        assertFalse(Files.exists(Guest.directory(function).resolve("iommu_group")));
        Guest.give(function);
        assertEquals("", Guest.driver(function));
        assertEquals(Errno.ENODEV, refused(function).errno());
    }

    private HostTakeover takeover() {
        return new OneDriver("vfio_pci", "vfio-pci").takeover(function, new DeviceKey(0x1b36, 0x0005, 0, 0, 0), folder);
    }

    @Test
    void bindTakesItByForceWhereTheKernelAllowsThat() throws IOException {
        HostTakeover takeover = takeover();
        VfioException guarded = assertThrows(VfioException.class, () -> takeover.take(Request.BEST));
        assertEquals(Errno.EPERM, guarded.errno());
        assertTrue(guarded.getMessage().contains("in no IOMMU group"), guarded.getMessage());
        Request forced = new Request("vfio-pci", Set.of("iommu"), null);
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> takeover.take(forced)).errno());
        assertFalse(takeover.taken());
        Files.writeString(ALLOWED, "Y");
        takeover.take(forced);
        assertEquals("vfio-pci", Guest.driver(function));
        takeover.giveBack();
        assertEquals("", Guest.driver(function));
    }

    @Test
    void onlyAFunctionThatIsListedIsOpenedAndTheTaintIsSaid() throws IOException {
        Files.writeString(ALLOWED, "Y");
        Guest.give(function);
        assertEquals("vfio-pci", Guest.driver(function));
        String taints = Files.readAllLines(TAINTS).get(0); // in one read: the kernel gives no second one
        assertTrue((Long.parseLong(taints) & USER) != 0, taints);
        assertEquals(Errno.EPERM, refused("0000:00:12.0").errno());
        assertEquals(List.of(), warnings);
        try (HostDevice device = open(function)) {
            assertEquals(0x00051b36, device.region(CONFIG).read(0, 4));
            assertEquals(Errno.EOPNOTSUPP, assertThrows(VfioException.class, device::dma).errno());
        }
        assertEquals(1, warnings.size());
        assertTrue(warnings.get(0).contains("the kernel is tainted since it was bound"), warnings.get(0));
    }
}
