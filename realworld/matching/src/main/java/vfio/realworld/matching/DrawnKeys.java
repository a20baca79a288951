// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.matching;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciClass;
import vfio.pci.core.id.PciDeviceId;

/**
 * Draws device keys, the same ones for the same seed: half are real patterns with the wildcards filled in, a quarter are
 * such keys with one field changed, a quarter are random throughout. Used once.
 */
public final class DrawnKeys {

    private final Random random;
    private final List<PciDeviceId> patterns;

    /** @param patterns entries to fill in; those that no function can have are left out */
    public DrawnKeys(List<PciDeviceId> patterns, long seed) {
        this.patterns = patterns.stream().filter(DrawnKeys::possible).toList();
        random = new Random(seed);
    }

    private static boolean possible(PciDeviceId id) {
        return possible(id.vendor()) && possible(id.device()) && possible(id.subvendor()) && possible(id.subdevice());
    }

    private static boolean possible(int id) {
        return id == PciDeviceId.ANY || id >>> 16 == 0;
    }

    public List<DeviceKey> draw(int count) {
        List<DeviceKey> keys = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            keys.add(switch (i & 3) {
                case 0, 2 -> filled();
                case 1 -> changed(filled());
                default -> anything();
            });
        }
        return keys;
    }

    private PciDeviceId pattern() {
        return patterns.get(random.nextInt(patterns.size()));
    }

    private DeviceKey filled() {
        PciDeviceId id = pattern();
        int any = random.nextBoolean() ? random.nextInt() & PciClass.CODE_BITS : pattern().classCode();
        return new DeviceKey(filled(id.vendor()), filled(id.device()), filled(id.subvendor()), filled(id.subdevice()),
                id.classCode() & id.classMask() | any & ~id.classMask());
    }

    private int filled(int id) {
        return id == PciDeviceId.ANY ? word() : id;
    }

    private DeviceKey changed(DeviceKey key) {
        int field = random.nextInt(5);
        return new DeviceKey(field == 0 ? word() : key.vendor(), field == 1 ? word() : key.device(),
                field == 2 ? word() : key.subvendor(), field == 3 ? word() : key.subdevice(),
                field == 4 ? key.classCode() ^ 1 << random.nextInt(24) : key.classCode());
    }

    private DeviceKey anything() {
        return new DeviceKey(word(), word(), word(), word(), random.nextInt() & PciClass.CODE_BITS);
    }

    private int word() {
        return random.nextInt() & 0xffff;
    }
}
