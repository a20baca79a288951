// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciDeviceId;

/**
 * The drivers whose matching is judged: the kernel's own two and those of the test module, whose tables are drawn from a
 * seed. The same seed gives the module's C source and the twin's tables.
 */
public final class OracleDrivers {
    public static final String GENERIC = "vfio-pci";
    public static final String STUB = "pci-stub";
    /** How many drivers the module has; the last has no table at all, the one before it only the any-any override entry. */
    private static final int DRIVERS = 6;
    private static final int ANSWERS = 8;

    /** What the guest has, so that entries agree with something. */
    private static final List<DeviceKey> KEYS = List.of(new DeviceKey(0x1234, 0x11e8, 0x1af4, 0x1100, 0x00ff00),
            new DeviceKey(0x1b36, 0x0005, 0x1af4, 0x1100, 0x00ff00), new DeviceKey(0x8086, 0x10d3, 0x8086, 0, 0x020000),
            new DeviceKey(0x1b36, 0x0010, 0x1af4, 0x1100, 0x010802), new DeviceKey(0x8086, 0x2922, 0x1af4, 0x1100, 0x010601),
            new DeviceKey(0x1b36, 0x000d, 0x1af4, 0x1100, 0x0c0330));
    private static final int[] MASKS = {0xffffff, 0xffff00, 0xff0000, 0x00ff00, 0x0000ff, 0x0f0000, 0xf0f0f0};

    private OracleDrivers() {
    }

    /** All, in the order in which they are registered with the kernel. */
    public static List<DriverIds> of(long seed) {
        List<DriverIds> drivers = new ArrayList<>();
        PciDeviceId generic = PciDeviceId.parse("*:*", PciDeviceId.VFIO_OVERRIDE);
        drivers.add(new DriverIds(GENERIC, "vfio_pci", GENERIC, true, 0, List.of(), List.of(generic)));
        drivers.add(DriverIds.of(STUB));
        drivers.addAll(module(seed));
        return drivers;
    }

    private static List<DriverIds> module(long seed) {
        Random random = new Random(seed);
        List<DriverIds> drivers = new ArrayList<>();
        for (int driver = 0; driver < DRIVERS; driver++) {
            List<PciDeviceId> table = new ArrayList<>();
            int size = switch (DRIVERS - driver) {
                case 1 -> 0;
                case 2 -> 1;
                default -> 3 + random.nextInt(6);
            };
            for (int entry = 0; entry < size; entry++) {
                table.add(size == 1 ? PciDeviceId.parse("*:*", PciDeviceId.VFIO_OVERRIDE) : entry(random, driver, entry));
            }
            drivers.add(DriverIds.of("oracle-" + driver, table.toArray(PciDeviceId[]::new)));
        }
        return drivers;
    }

    /** Never one whose vendor, subvendor and mask are 0: that ends a table. */
    private static PciDeviceId entry(Random random, int driver, int place) {
        DeviceKey key = key(random);
        int mask = random.nextInt(5) < 2 ? MASKS[random.nextInt(MASKS.length)] : 0;
        int vendor = draw(random, key.vendor(), mask == 0 ? 0 : 40);
        int device = draw(random, key.device(), 40);
        long data = random.nextInt(3) == 0 ? 0
                : (driver + 1L) << 16 | (place + 1L) << 8 | (random.nextInt(3) == 0 ? random.nextInt(ANSWERS) : 0);
        return new PciDeviceId(vendor, device, draw(random, key.subvendor(), 70), draw(random, key.subdevice(), 70),
                random.nextInt(4) == 0 ? key.classCode() | ~mask & 0xffffff : key.classCode(), mask, data,
                random.nextInt(3) == 0 ? PciDeviceId.VFIO_OVERRIDE : 0);
    }

    /** The key of a function that the guest has. */
    static DeviceKey key(Random random) {
        return KEYS.get(random.nextInt(KEYS.size()));
    }

    private static int draw(Random random, int value, int anyPercent) {
        int drawn = random.nextInt(100);
        return drawn < anyPercent ? PciDeviceId.ANY : drawn < anyPercent + 5 ? value ^ 1 : value;
    }

    /** Writes the module's tables.h to standard output: {@code OracleDrivers SEED}. */
    public static void main(String[] arguments) {
        List<DriverIds> drivers = module(Long.parseLong(arguments[0]));
        StringBuilder tables = new StringBuilder();
        StringBuilder list = new StringBuilder("static struct pci_driver drivers[] = {\n");
        for (DriverIds ids : drivers) {
            String table = "table_" + ids.driver().replace('-', '_');
            boolean none = ids.table().isEmpty();
            if (!none) {
                tables.append("static const struct pci_device_id ").append(table).append("[] = {\n");
                ids.table().forEach(id -> tables.append(source(id)));
                tables.append("\t{ }\n};\n");
            }
            list.append("\t{ .name = \"%s\", .id_table = %s },\n".formatted(ids.driver(), none ? "NULL" : table));
        }
        System.out.print(tables.append(list).append("};\n"));
    }

    private static String source(PciDeviceId id) {
        return "\t{ 0x%x, 0x%x, 0x%x, 0x%x, 0x%x, 0x%x, 0x%xUL, %d },%n".formatted(id.vendor(), id.device(), id.subvendor(),
                id.subdevice(), id.classCode(), id.classMask(), id.driverData(), id.overrideOnly());
    }
}
