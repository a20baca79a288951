// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.hardware.emulated.internal.Buses.at;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.EventLog;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.bus.PciFunction;

class EveryCapabilityTest {
    private static final String FILE = Path.of("..", "docs", "every-capability.yaml").toString();
    @TempDir
    Path directory;
    private EmulatedBus bus;
    private final List<PciFunction> functions = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        bus = new EmulatedBus(Buses.config(FILE, directory), new EventLog());
        Recorder recorder = new Recorder();
        bus.announce(recorder).close();
        functions.addAll(recorder.present.values());
    }

    @AfterEach
    void stop() {
        bus.deactivate();
    }

    /** Standard capabilities as {@code id:length}, the length as the kernel computes it. */
    private static int standardLength(ConfigSpace config, int id, int at) {
        return switch (id) {
            case 0x01, 0x03 -> 8;
            case 0x02, 0x11 -> 12;
            case 0x05 -> 10 + (config.read(at + 2, 2) >> 7 & 1) * 4 + (config.read(at + 2, 2) >> 8 & 1) * 10;
            case 0x07 -> (config.read(at + 2, 2) & 0x3000) == 0 ? 8 : 24;
            case 0x08 -> (config.read(at + 3, 1) & 0xe0) == 0 ? 28 : 24;
            case 0x09 -> config.read(at + 2, 1);
            case 0x10 -> expressLength(config.read(at + 2, 2));
            case 0x12 -> (config.read(at + 4, 1) & 0xf) == 0xf ? 16 : 8;
            case 0x13 -> 6;
            default -> 0;
        };
    }

    private static int expressLength(int flags) {
        boolean integrated = (flags >> 4 & 0xf) == 9;
        return (flags & 0xf) == 1 ? integrated ? 12 : 20 : integrated ? 0x2c : 0x34;
    }

    private static int extendedLength(ConfigSpace config, int id, int at) {
        int first = config.read(at + 4, 4);
        return switch (id) {
            case 0x0001 -> 0x2c;
            case 0x0002, 0x0008, 0x0009 -> channelsLength(first, config.read(at + 8, 4));
            case 0x0003 -> 12;
            case 0x0004, 0x0013 -> 16;
            case 0x000b, 0x0023 -> first >>> 20;
            case 0x000d -> 8 + ((first & 0x20) == 0 ? 0 : ((first >> 8) - 1 & 0xff) / 32 * 4 + 4);
            case 0x000e, 0x000f, 0x0018 -> 8;
            case 0x0010 -> 0x40;
            case 0x0012 -> 40;
            case 0x0015 -> 4 + 8 * (config.read(at + 8, 4) >> 5 & 7);
            case 0x0016 -> 16 + (first & 0x1f) + 1;
            case 0x0017 -> 12 + ((first & 0x600) == 0x200 ? 2 * ((first >> 16 & 0x7ff) + 1) : 0);
            default -> 0;
        };
    }

    private static int channelsLength(int first, int second) {
        int end = 0x10 + 12 * ((first & 7) + 1);
        int phases = (second & 8) != 0 ? 128 : (second & 4) != 0 ? 64 : (second & 2) != 0 ? 32 : 0;
        assertEquals(phases == 0 ? 0 : (end + 15) / 16, second >>> 24, "where the table is");
        return phases == 0 ? end : (end + 15 & ~15) + phases / 2;
    }

    /** Each must end before the next begins. */
    private static void room(Map<Integer, Integer> chain, int start, int length, int end) {
        int next = chain.values().stream().filter(other -> other > start).mapToInt(Integer::intValue).min().orElse(end);
        assertTrue(start + length <= next, "%x of %d bytes reaches into %x".formatted(start, length, next));
    }

    @Test
    void everyStandardCapabilityIsThereInEveryLength() {
        Set<String> found = new TreeSet<>();
        for (PciFunction function : functions) {
            Map<Integer, Integer> chain = ChainWalk.standard(function.config());
            chain.forEach((id, start) -> {
                int length = standardLength(function.config(), id, start);
                room(chain, start, length, 0x100);
                found.add("%02x:%d".formatted(id, length));
            });
        }
        assertEquals(new TreeSet<>(List.of("00:0", "01:8", "02:12", "03:8", "04:0", "05:10", "05:14", "05:20",
        "05:24", "06:0",
                "07:8", "07:24", "08:28", "08:24", "09:3", "09:16", "0a:0", "0b:0", "0c:0", "0d:0", "0e:0",
                "0f:0", "10:12",
                "10:20", "10:44", "10:52", "11:12", "12:8", "12:16", "13:6", "14:0", "15:0")), found);
    }

    @Test
    void everyExtendedCapabilityIsThereInItsLengths() {
        Set<String> found = new TreeSet<>();
        for (PciFunction function : functions) {
            Map<Integer, Integer> chain = ChainWalk.extended(function.config());
            chain.forEach((id, start) -> {
                int length = extendedLength(function.config(), id, start);
                room(chain, start, length, 0x1000);
                found.add("%04x:%d".formatted(id, length));
            });
        }
        assertEquals(new TreeSet<>(List.of("0001:44", "0002:28", "0002:48", "0002:176", "0003:12", "0004:16",
        "0005:0", "0006:0",
                "0007:0", "0008:64", "0009:96", "000a:0", "000b:8", "000b:12", "000c:0", "000d:8", "000d:12",
                "000d:16",
                "000d:40", "000e:8", "000f:8", "0010:64", "0011:0", "0012:40", "0013:16", "0014:0", "0015:28",
                "0015:52",
                "0016:17", "0016:21", "0016:48", "0017:12", "0017:14", "0017:140", "0018:8", "0019:0", "001a:0",
                "001b:0",
                "001d:0", "001e:0", "001f:0", "0023:12", "0023:16", "0024:0", "0025:0", "0026:0", "0027:0",
                "0029:0", "002a:0",
                "002e:0", "7fff:0")), found);
    }

    /** Writes ones and zeros to a register; what comes back is what the specification lets change. */
    @ParameterizedTest
    @CsvSource({
        "00:01.0, 01,  4, 2, 010b, 0008", "00:01.0, 01,  2, 2, fe03, fe03",
        "00:01.0, 02,  8, 4, ff000337, 00000000", "00:01.0, 02,  4, 4, 1f000e1b, 1f000e1b",
        "00:01.0, 05,  2, 2, 0071, 0000", "00:01.0, 05,  4, 4, fffffffc, 00000000", "00:01.0, 05,  8, 2, ffff, 0000",
        "00:01.0, 07,  2, 2, 007f, 0000", "00:01.0, 07,  4, 4, 00030000, 00030000",
        "00:01.0, 0c,  4, 4, 00000000, 00000000",
        "00:01.1, 05,  4, 4, fffffffc, 00000000", "00:01.1, 05,  8, 4, ffffffff, 00000000",
        "00:01.1, 08,  2, 2, 001f, 0000", "00:01.1, 12,  4, 4, 00000004, 00000004",
        "00:01.2, 05, 12, 4, 0000000f, 00000000", "00:01.2, 05, 16, 4, 00000000, 00000000",
        "00:01.2, 12,  8, 4, 00000ffc, 00000000", "00:01.2, 12, 12, 4, ffffffff, 00000000",
        "00:01.2, 08,  2, 2, 201f, 2000", "00:01.2, 09,  4, 4, ffffffff, 00000000",
        "00:01.3, 05, 16, 4, ffffffff, 00000000", "00:01.3, 11,  2, 2, c7ff, 07ff",
        "00:01.3, 11,  4, 4, 00000000, 00000000",
        "00:01.3, 14,  4, 4, 80ff0002, 00ff0002",
        "00:02.0, 07,  2, 2, 207f, 2000", "00:02.0, 07,  8, 4, c0000010, 00000000",
        "00:02.0, 07, 12, 4, 00000000, 00000000",
        "00:03.0, 10,  8, 2, 79ff, 0000", "00:03.2, 10, 16, 2, 00cb, 0000", "00:03.1, 10, 40, 2, 001f, 0000",
        "01:00.0, 10,  4, 4, 10008022, 10008022", "01:00.0, 10, 10, 2, 0000, 0000", "01:00.0, 10, 48, 2, 000f, 0000"})
    void standardRegistersTakeWhatTheyMay(String place, String id, int offset, int width, String ones, String zeros) {
        ConfigSpace config = bus.function(at(place)).config();
        int capability = ChainWalk.standard(config).get(Integer.parseInt(id, 16));
        // Function Level Reset would take everything back.
        int flr = id.equals("10") && offset == 8 ? 0x8000 : 0;
        check(config, capability + offset, width, ~flr, ones, zeros);
    }

    @ParameterizedTest
    @CsvSource({
        "01:00.0, 0001,  4, 4, 00000000, 00000000", "01:00.0, 0001,  8, 4, 03fff031, 00000000",
        "01:00.0, 0001, 12, 4, 03fff031, 00000000", "01:00.0, 0001, 20, 4, 0000f1c1, 00000000",
        "01:00.0, 0001, 24, 4, 000001e0, 000000a0", "01:00.0, 0001, 28, 4, 00000000, 00000000",
        "01:00.0, 0002, 20, 4, 800000ff, 80000001", "01:00.0, 0003,  4, 4, 76543210, 76543210",
        "01:00.0, 0004,  4, 1, ff, 00", "01:00.0, 000b,  8, 4, ffffffff, 00000000",
        "01:00.0, 000b,  4, 4, 00c00001, 00c00001",
        "01:00.0, 000d,  6, 2, 001f, 0000", "01:00.0, 000d,  4, 2, 001f, 001f", "01:00.0, 000f,  6, 2, 801f, 0000",
        "01:00.0, 0010,  8, 2, 0019, 0000", "01:00.0, 0010, 32, 4, 00000553, 00000000",
        "01:00.0, 0012,  6, 2, 803f, 0000", "01:00.0, 0012,  8, 4, fffff03f, 00000000",
        "01:00.0, 0012, 36, 4, ffffffff, 00000000",
        "01:00.0, 0013,  4, 2, 0001, 0000", "01:00.0, 0013,  6, 2, 0100, 0100",
        "01:00.0, 0013, 12, 4, ffffffff, 00000000",
        "01:00.0, 0015,  4, 4, 00000030, 00000030", "01:00.0, 0015,  8, 4, 00003f60, 00000060",
        "01:00.0, 0015, 16, 4, 00003f02, 00000002",
        "01:00.0, 0016, 14, 2, 001f, 0000", "01:00.0, 0016, 12, 2, 0000, 0000",
        "01:00.0, 0017,  8, 4, 00000107, 00000000",
        "01:00.0, 0018,  4, 4, 1fff1fff, 00000000", "01:00.0, 001b,  6, 2, 0007, 0000",
        "01:00.0, 001e,  8, 4, e3ffff0f, 00000000",
        "01:00.0, 001e, 12, 4, 000000fb, 00000000", "01:00.0, 001f,  8, 4, 0000ff01, 00000000",
        "01:00.0, 0023,  8, 2, 0002, 0002", "01:00.0, 0023, 10, 2, ffff, 0000",
        "01:00.1, 0009, 32, 4, 870e00fe, 00000000", "01:00.1, 000d,  8, 4, ffffffff, 00000000",
        "01:00.1, 000d, 12, 4, 00000001, 00000000",
        "01:00.1, 0008, 48, 4, ffffffff, 00000000", "01:00.1, 0017, 12, 4, ffffffff, 00000000",
        "02:00.0, 001d,  6, 2, 00bf, 0000", "02:00.0, 001d,  8, 2, 1f00, 1f00",
        "02:00.0, 0019,  4, 4, 00000002, 00000000",
        "02:00.0, 0025,  4, 4, 00000000, 00000000"})
    void extendedRegistersTakeWhatTheyMay(String place, String id, int offset, int width, String ones, String zeros) {
        ConfigSpace config = bus.function(at(place)).config();
        int capability = ChainWalk.extended(config).get(Integer.parseInt(id, 16));
        // Setting VF Enable would be heard.
        int vfEnable = id.equals("0010") && offset == 8 ? 1 : 0;
        if (vfEnable != 0) {
            config.write(capability + offset, 2, 0);
        }
        check(config, capability + offset, width, ~vfEnable, vfEnable == 0 ? ones : "0018", zeros);
    }

    private static void check(ConfigSpace config, int at, int width, int written, String ones, String zeros) {
        config.write(at, width, written);
        assertEquals(Long.toHexString(Long.parseLong(ones, 16)), hex(config.read(at, width)), "after ones");
        config.write(at, width, 0);
        assertEquals(Long.toHexString(Long.parseLong(zeros, 16)), hex(config.read(at, width)), "after zeros");
    }

    private static String hex(int value) {
        return Integer.toHexString(value);
    }

    @Test
    void wrongSizesAreRefused() throws Exception {
        for (String capability : List.of("{vc: {channels: 9}}", "{vc: {phases: 16}}", "{acs: {egress: 257}}",
                "{dpa: {substates: 33}}", "{tph: {tags: 2049}}", "rebar", "{pcie: {version: 3}}",
                "{dpa: {}, x: 1}")) {
            EventLog events = new EventLog();
            String yaml = "functions: [{address: 00:01.0, vendor: 1, device: 1, class: 0, bars: {0: 4K}, "
                    + "capabilities: [pcie, " + capability + "]}]";
            Path file = Buses.file(yaml.replace("[pcie, {pcie", "[{pcie"), directory);
            EmulatedBus refusing = new EmulatedBus(Buses.config(file.toString(), directory), events);
            assertEquals(1, events.after(0, 10, Duration.ZERO).size(), capability);
            refusing.deactivate();
        }
    }
}
