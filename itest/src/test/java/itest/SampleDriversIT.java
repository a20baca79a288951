// SPDX-License-Identifier: Apache-2.0
package itest;

import static itest.Composites.cores;
import static itest.Composites.deploy;
import static itest.Composites.emulatedBus;
import static itest.Composites.felix;
import static itest.Composites.scr;
import static itest.RunningCore.waiting;
import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.inject.Inject;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.jupiter.api.Tag;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Mapping;
import vfio.core.device.Region;
import vfio.core.device.VfioUser;
import vfio.core.info.RegionInfo;
import vfio.pci.core.user.VfioPciDevices;

/** The example drivers zdev and nvlink2 are deployed; users find their capabilities as the kernel's headers have them. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class SampleDriversIT {
    private static final String ZDEV = "0000:00:04.0";
    private static final String GPU = "0000:01:00.0";
    private static final String BRIDGE = "0000:00:06.0";
    private static final String TOPOLOGY = """
            functions:
              - {address: "00:04.0", vendor: 1014, device: 04ed, class: 028000, bars: {0: 4K}, capabilities: [pcie]}
              - {address: "00:05.0", vendor: 1014, device: 04c1, class: 060400, bridge: {secondary: 01},
                 capabilities: [{pcie: {type: root-port, atomics: 32 64}}]}
              - {address: "00.0", behind: "00:05.0", vendor: 10de, device: 1db1, class: 030200, bars: {0: 16M},
                 capabilities: [{pcie: {atomics: 32 64 128}}]}
              - {address: "00:06.0", vendor: 1014, device: 04ea, class: 068000, capabilities: [pcie]}
            """;
    private static final Path ZDEV_JAR = ReactorBundles.jar("examples/zdev-driver");
    private static final Path NVLINK_JAR = ReactorBundles.jar("examples/nvlink-driver");

    @Inject
    private BundleContext context;
    private RunningCore core;
    private DriversFolder folder;

    @Configuration
    public Option[] framework() {
        return new Option[] {felix(), scr(), cores(), emulatedBus(), deploy()};
    }

    @Before
    public void deployBoth() throws Exception {
        core = new RunningCore(context);
        Path topology = Path.of(System.getProperty("itest.directory"), "sample-drivers.yaml");
        core.configure("vfio.pci.core", "drainMillis", 300L);
        core.configure("vfio.hardware.emulated", "topology", Files.writeString(topology, TOPOLOGY).toString());
        waiting("functions").until(() -> core.admin().functions().size() == 4);
        folder = new DriversFolder(core, "sample-drivers");
        core.settle();
        folder.put(ZDEV_JAR);
        folder.put(NVLINK_JAR);
        folder.awaitState(ZDEV_JAR, "active");
        folder.awaitState(NVLINK_JAR, "active");
        core.admin().bind(ZDEV, "zdev", false);
        core.admin().bind(GPU, "nvlink2", false);
        core.admin().bind(BRIDGE, "nvlink2", false);
    }

    @After
    public void empty() throws Exception {
        core.reset();
        folder.empty();
        core.unsettle();
    }

    private DeviceHandle open(String function) {
        return core.service(VfioPciDevices.class).open(function, VfioUser.named("a reader of headers"));
    }

    /** The structs of a chain as the kernel lays them, by id, each with its header and what follows up to the next one. */
    private static Map<Integer, ByteBuffer> chain(ByteBuffer info, int offset) {
        Map<Integer, ByteBuffer> structs = new LinkedHashMap<>();
        for (int at = info.getInt(offset); at != 0; at = info.getInt(at + 4)) {
            int end = info.getInt(at + 4) == 0 ? info.limit() : info.getInt(at + 4);
            structs.put((int) info.getShort(at), info.slice(at, end - at).order(ByteOrder.LITTLE_ENDIAN));
        }
        return structs;
    }

    private Map<Integer, ByteBuffer> deviceChain(String function) {
        try (DeviceHandle handle = open(function)) {
            return chain(handle.info().encode(4096), 16);
        }
    }

    private static Map<Integer, ByteBuffer> regionChain(RegionInfo info) {
        return chain(info.encode(4096), 12);
    }

    @Test
    @Tag("C2-16")
    public void zdevTellsItsFunction() {
        ByteBuffer base = deviceChain(ZDEV).get(1);
        assertEquals("version", 2, base.getShort(2));
        assertEquals("start_dma", 0x1_0000_0000L, base.getLong(8));
        assertEquals("end_dma", 0x1_ffff_ffffL, base.getLong(16));
        assertEquals("pchid, vfn, fmb_length", List.of((short) 0x7c0, (short) 3, (short) 64),
                List.of(base.getShort(24), base.getShort(26), base.getShort(28)));
        assertEquals("pft", 5, base.get(30));
        assertEquals("gid", (byte) 0xf1, base.get(31));
        assertEquals("fh", 0x20000a43, base.getInt(32));
        assertEquals("sizeof", 40, base.limit());
    }

    @Test
    @Tag("C2-17")
    public void zdevTellsItsGroup() {
        ByteBuffer group = deviceChain(ZDEV).get(2);
        assertEquals("version", 2, group.getShort(2));
        assertEquals("dasm", 0xffff_ffff_f000_0000L, group.getLong(8));
        assertEquals("msi_addr", 0xfee0_0000L, group.getLong(16));
        assertEquals("flags", 1, group.getLong(24));
        assertEquals("mui, noi, maxstbl", List.of((short) 4000, (short) 128, (short) 1024),
                List.of(group.getShort(32), group.getShort(34), group.getShort(36)));
        assertEquals("version of the interface", 1, group.get(38));
        assertEquals("reserved", 0, group.get(39));
        assertEquals("imaxstbl", 64, group.getShort(40));
        assertEquals("sizeof", 48, group.limit());
    }

    @Test
    @Tag("C2-18")
    @Tag("C2-19")
    public void zdevTellsItsStringAndItsPath() {
        Map<Integer, ByteBuffer> chain = deviceChain(ZDEV);
        assertEquals(List.of(1, 2, 3, 4), List.copyOf(chain.keySet()));
        assertEquals("ISM 1", new String(sized(chain.get(3)), Charset.forName("IBM1047")));
        assertArrayEquals(new byte[] {1, 10, 0, -1}, sized(chain.get(4)));
    }

    private static byte[] sized(ByteBuffer struct) {
        assertEquals("version", 1, struct.getShort(2));
        byte[] bytes = new byte[struct.getInt(8)];
        struct.get(12, bytes);
        return bytes;
    }

    @Test
    public void zdevsRegionsLieWhereItsDriverSays() {
        try (DeviceHandle handle = open(ZDEV)) {
            assertEquals(0, handle.regionInfo(0).offset());
            assertEquals(7L << 48, handle.regionInfo(7).offset());
        }
    }

    @Test
    @Tag("C3-26")
    @Tag("C3-31")
    public void memoryOfTheGpuIsAVendorsRegion() {
        try (DeviceHandle handle = open(GPU)) {
            RegionInfo info = handle.regionInfo(9);
            assertEquals(RegionInfo.READ | RegionInfo.WRITE | RegionInfo.MMAP | RegionInfo.CAPS, info.flags());
            Map<Integer, ByteBuffer> chain = regionChain(info);
            assertEquals(List.of(2, 4, 1), List.copyOf(chain.keySet()));
            assertEquals("type", 0x800010de, chain.get(2).getInt(8));
            assertEquals("subtype", 1, chain.get(2).getInt(12));
            assertEquals("tgt", 0x0000_0400_0000_0000L, chain.get(4).getLong(8));
        }
    }

    @Test
    public void memoryOfTheGpuIsMappedButForWhatItKeeps() {
        DeviceHandle handle = open(GPU);
        long size = handle.regionInfo(9).size();
        Mapping mapping = handle.region(9).map(0, size - 4096);
        mapping.write64(size - 4104, 0x1234);
        assertEquals(0x1234, handle.region(9).read64(size - 4104));
        handle.region(9).write32(size - 4, 7);
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> handle.map(9)).errno());
        core.admin().unbind(GPU);
        assertEquals("all ones, as from an unplugged card", -1, mapping.read64(size - 4104));
    }

    /** A region, its memory and its capabilities are the driver's answers: what users keep of them is the core's. */
    @Test
    public void loaderOfADriverWithRegionsIsCollectable() throws Exception {
        DeviceHandle gpu = open(GPU);
        DeviceHandle bridge = open(BRIDGE);
        Region memory = gpu.region(9);
        Mapping mapping = memory.map(4096, 4096);
        List<RegionInfo> infos = List.of(gpu.regionInfo(9), bridge.regionInfo(9));
        Region registers = bridge.region(9);
        registers.write64(0, 1);
        WeakReference<ClassLoader> loader = core.loaderOf("nvlink-driver");
        folder.delete(NVLINK_JAR);
        core.awaitDriver(GPU, null);
        core.awaitDriver(BRIDGE, null);
        RunningCore.awaitCollected("nvlink-driver", loader);
        assertEquals(-1, mapping.read32(0));
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> registers.read64(0)).errno());
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> memory.map(0, 4096)).errno());
        assertEquals(3, infos.get(0).capabilities().size());
    }

    @Test
    @Tag("C3-26")
    @Tag("C3-27")
    @Tag("C3-31")
    public void registersOfTheBridgeAreAVendorsRegion() {
        try (DeviceHandle handle = open(BRIDGE)) {
            RegionInfo info = handle.regionInfo(9);
            assertEquals(RegionInfo.READ | RegionInfo.WRITE | RegionInfo.CAPS, info.flags());
            Map<Integer, ByteBuffer> chain = regionChain(info);
            assertEquals(List.of(2, 4, 5), List.copyOf(chain.keySet()));
            assertEquals("type", 0x80001014, chain.get(2).getInt(8));
            assertEquals("subtype", 1, chain.get(2).getInt(12));
            assertEquals("tgt", 0x0000_0400_0000_0000L, chain.get(4).getLong(8));
            assertEquals("link_speed", 8, chain.get(5).getInt(8));
            handle.region(9).write64(8, 0xa75d);
            handle.region(9).write32(8, 1);
            assertEquals(0xa75d, handle.region(9).read64(8));
        }
    }

    /** The core adds to a driver's capabilities what it finds between the GPU and its root port. */
    @Test
    public void gpuTellsWhatAtomicsItsPortCompletes() {
        ByteBuffer atomics = deviceChain(GPU).get(5);
        assertEquals("flags of 32 and 64 bits", 3, atomics.getInt(8));
        assertEquals("sizeof", 16, atomics.limit());
        assertEquals(Map.of(), deviceChain(BRIDGE));
    }
}
