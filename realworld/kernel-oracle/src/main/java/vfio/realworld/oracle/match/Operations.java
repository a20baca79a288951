// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.match;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciDeviceId;
import vfio.realworld.oracle.match.Operation.Kind;

/** Draws operations from a seed: mostly what does something as things stand, and some of each way to be refused. */
final class Operations {
    /** Of a hundred, how many are of each kind. */
    private static final List<Kind> KINDS = new ArrayList<>();
    private static final List<String> NAMES = List.of("none", "\n", "\0", "vfio_pci", "VFIO-PCI", " vfio-pci", "vfio-pci ",
            "vfio-pci,pci-stub", "oracle", "a".repeat(4094), "b".repeat(4095), "\0" + "c".repeat(4095),
            "d".repeat(4093) + "\n");
    private static final List<String> MISSING = List.of("0000:7f:1f.7", "10.0", "x", "0000:00:10.0 ", "\n");
    private static final List<String> SWITCHES = List.of("0", "1", "y", "n", "on", "off", "oN", "OFF\n", "2", "o", "true");
    private static final List<String> COUNTS = List.of("0", "0", "1", "2", "2\n", "0x2", "3", "02", "-1", "x", "70000");
    private static final List<String> ENDINGS = List.of("", "\n", " \n", "\t", " x", "g", ":1", "\0 1");

    static {
        repeat(Kind.OVERRIDE, 20);
        repeat(Kind.NEW_ID, 9);
        repeat(Kind.REMOVE_ID, 11);
        repeat(Kind.BIND, 22);
        repeat(Kind.UNBIND, 23);
        repeat(Kind.PROBE, 12);
        repeat(Kind.AUTOPROBE, 2);
        repeat(Kind.VFS, 1);
    }

    private final Random random;
    private final Twin twin;
    private final String physical;

    /** @param physical the PF whose VFs come and go */
    Operations(long seed, Twin twin, String physical) {
        random = new Random(seed);
        this.twin = twin;
        this.physical = physical;
    }

    private static void repeat(Kind kind, int times) {
        for (int i = 0; i < times; i++) {
            KINDS.add(kind);
        }
    }

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private boolean percent(int chance) {
        return random.nextInt(100) < chance;
    }

    Operation next() {
        Kind kind = one(KINDS);
        return switch (kind) {
            case OVERRIDE -> new Operation(kind, function(), override());
            case NEW_ID -> new Operation(kind, driver(), ids(7));
            case REMOVE_ID -> removal();
            case BIND -> bind();
            case UNBIND -> unbind();
            case PROBE -> new Operation(kind, null, someFunction());
            case AUTOPROBE -> new Operation(kind, physical, one(SWITCHES));
            case VFS -> new Operation(kind, physical, one(COUNTS));
        };
    }

    private String driver() {
        return one(twin.drivers()).driver();
    }

    private String function() {
        return percent(20) ? physical : one(List.copyOf(twin.states().keySet()));
    }

    private String someFunction() {
        return percent(4) ? one(MISSING) : function() + (percent(10) ? "\n" : "");
    }

    private String override() {
        if (percent(35)) {
            return percent(50) ? "\n" : "\0";
        }
        return percent(15) ? one(NAMES) : driver() + (percent(20) ? one(List.of("\n", "\0", "\0x", "\nx")) : "");
    }

    /** Half of them of a function that waits for a driver, to the one that its override names. */
    private Operation bind() {
        List<String> waiting = twin.states().entrySet().stream().filter(entry -> entry.getValue().driver == null)
                .map(Map.Entry::getKey).toList();
        if (waiting.isEmpty() || percent(40)) {
            return new Operation(Kind.BIND, driver(), someFunction());
        }
        String function = one(waiting);
        String override = twin.states().get(function).override;
        boolean known = twin.drivers().stream().anyMatch(ids -> ids.driver().equals(override));
        return new Operation(Kind.BIND, known && percent(80) ? override : driver(), function);
    }

    /** Mostly from the driver that has it. */
    private Operation unbind() {
        String function = someFunction();
        Twin.State state = twin.states().get(function);
        String driver = state == null || state.driver == null || percent(15) ? driver() : state.driver;
        return new Operation(Kind.UNBIND, driver, function);
    }

    /** Mostly of an id that the driver has. */
    private Operation removal() {
        String driver = driver();
        List<PciDeviceId> has = twin.dynamic(driver).ids();
        if (has.isEmpty() || percent(20)) {
            return new Operation(Kind.REMOVE_ID, driver, ids(6));
        }
        PciDeviceId id = one(has);
        int[] words = {id.vendor(), id.device(), id.subvendor(), id.subdevice(), id.classCode(), id.classMask()};
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < (percent(30) ? 2 : words.length); i++) {
            text.append(i == 0 ? "" : " ").append(Integer.toHexString(words[i]));
        }
        return new Operation(Kind.REMOVE_ID, driver, text.toString());
    }

    /** Two to seven words near to what a function of the guest has. */
    private String ids(int most) {
        DeviceKey key = one(List.copyOf(twin.states().values())).function.key();
        int words = percent(6) ? 1 : 2 + random.nextInt(most - 1);
        long[] values = {key.vendor(), key.device(), any(key.subvendor()), any(key.subdevice()), key.classCode(),
                one(List.of(0, 0, 0xff0000, 0xffff00, 0xffffff)), data()};
        StringBuilder text = new StringBuilder(percent(5) ? " " : "");
        for (int i = 0; i < words; i++) {
            text.append(i == 0 ? "" : percent(5) ? "\t " : " ").append(word(percent(4) ? any((int) values[i]) : values[i]));
        }
        return text + (percent(20) ? one(ENDINGS) : "");
    }

    private long any(int value) {
        return percent(50) ? Integer.toUnsignedLong(PciDeviceId.ANY) : value;
    }

    /** The driver_data of some entry, or none's. */
    private long data() {
        List<PciDeviceId> all = twin.drivers().stream().map(DriverIds::table).flatMap(List::stream).toList();
        return percent(10) ? random.nextInt(100) : one(all).driverData();
    }

    private String word(long value) {
        String hex = Long.toHexString(value);
        return switch (random.nextInt(60)) {
            case 0, 1, 2 -> "0x" + hex;
            case 3, 4 -> hex.toUpperCase(Locale.ROOT);
            case 5 -> "0X000" + hex;
            case 6 -> "0x";
            case 7 -> "1" + "0".repeat(8 - Math.min(8, hex.length())) + hex;
            case 8 -> "-" + hex;
            case 9 -> "123456789abcdef0" + "0".repeat(8 - Math.min(8, hex.length())) + hex;
            default -> hex;
        };
    }
}
