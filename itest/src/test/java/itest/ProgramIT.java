// SPDX-License-Identifier: Apache-2.0
package itest;

import static itest.Composites.cores;
import static itest.Composites.drivers;
import static itest.Composites.emulatedBus;
import static itest.Composites.felix;
import static itest.Composites.scr;
import static itest.RunningCore.waiting;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import javax.inject.Inject;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.VfioUser;
import vfio.pci.core.user.DmaMemory;
import vfio.pci.core.user.FunctionHandle;
import vfio.pci.core.user.Interrupt;
import vfio.pci.core.user.Registers;
import vfio.pci.core.user.VfioPciDevices;

/** A program drives the emulated edu device through the service, as the examples drive QEMU's. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class ProgramIT {
    private static final String EDU = "0000:01:00.0";
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final long BEFORE = 0x0123456789abcdefL;
    private static final int BUFFER = 0x40000;

    @Inject
    private BundleContext context;
    private RunningCore core;
    private VfioPciDevices devices;

    @Configuration
    public Option[] framework() {
        return new Option[] {felix(), scr(), cores(), drivers(), emulatedBus()};
    }

    @Before
    public void bind() throws Exception {
        core = new RunningCore(context);
        Path topology = Path.of(System.getProperty("itest.directory"), "program.yaml");
        core.configure("vfio.hardware.emulated", "topology", Files.writeString(topology, "functions: [{address: 01:00.0, "
                + "vendor: 1234, device: 11e8, class: 00ff00, revision: 10, pin: 1, bars: {0: 1M}, "
                + "capabilities: [msi, pcie, aer], model: edu}]").toString());
        waiting("functions").until(() -> core.admin().functions().size() == 1);
        core.settle();
        waiting("the driver").until(() -> core.admin().drivers().stream().anyMatch(row -> row.driver().equals("vfio-pci")));
        core.admin().bind(EDU, "vfio-pci", false);
        devices = core.service(VfioPciDevices.class);
    }

    @After
    public void reset() {
        core.reset();
        core.unsettle();
    }

    private FunctionHandle use() {
        return devices.use(EDU, VfioUser.named("a program"));
    }

    private static void transfer(Registers bar, long from, long to, int direction) {
        bar.write64(0x80, from);
        bar.write64(0x88, to);
        bar.write64(0x90, 8);
        bar.write64(0x98, 5 | direction);
    }

    @Test
    public void programComputesByInterrupt() throws Exception {
        try (FunctionHandle edu = use()) {
            Registers bar = edu.bar(0);
            Interrupt done = edu.msi();
            edu.enableBusMaster();
            bar.write32(0x20, 0x80);
            bar.write32(0x08, 10);
            assertEquals(1, done.await(LONG));
            assertEquals(3628800, bar.read32(0x08));
        }
    }

    @Test
    public void pinComesAgainOnceItIsUnmasked() throws Exception {
        try (FunctionHandle edu = use()) {
            Registers bar = edu.bar(0);
            Interrupt pin = edu.intx();
            bar.write32(0x60, 1);
            assertEquals(1, pin.await(LONG));
            pin.unmask();
            assertEquals("the device still asserts it", 1, pin.await(LONG));
            bar.write32(0x64, 1);
            pin.unmask();
            assertEquals(0, pin.take());
        }
    }

    @Test
    public void memoryGoesThereAndBackWhileItIsMappedAndTheBusMastered() throws Exception {
        try (FunctionHandle edu = use()) {
            edu.dmaMask(28);
            DmaMemory memory = edu.dma(8192);
            Registers bar = edu.bar(0);
            Interrupt done = edu.msi();
            memory.view().write64(0, BEFORE);
            edu.enableBusMaster();
            transfer(bar, memory.iova(), BUFFER, 0);
            assertEquals(1, done.await(LONG));
            transfer(bar, BUFFER, memory.iova() + 4096, 2);
            assertEquals(1, done.await(LONG));
            assertEquals(BEFORE, memory.view().read64(4096));

            edu.disableBusMaster();
            memory.view().write64(4096, 1);
            transfer(bar, BUFFER, memory.iova() + 4096, 2);
            bar.poll32(0x98, command -> (command & 1) == 0, LONG);
            assertEquals("without bus mastering nothing arrives", 1, memory.view().read64(4096));
        }
    }

    @Test
    public void driverThatIsUnboundEndsTheHandle() throws Exception {
        FunctionHandle edu = use();
        edu.dma(4096);
        Interrupt done = edu.msi();
        core.configure("vfio.pci.core", "drainMillis", 0L);
        core.admin().unbind(EDU);
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> edu.dma(4096)).errno());
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> done.await(Duration.ZERO)).errno());
        edu.close();
        core.admin().bind(EDU, "vfio-pci", false);
        use().close();
    }
}
