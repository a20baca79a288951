// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.core.info.IrqInfo;
import vfio.core.info.RegionInfo;
import vfio.core.info.RegionPart;
import vfio.core.migration.MigrationFlags;

/** The first fact that two drivers of a device answer otherwise, in words: which one, and both values. */
final class Difference {
    private static final List<String> DEVICE =
            List.of("RESET", "PCI", "PLATFORM", "AMBA", "CCW", "AP", "FSL_MC", "CAPS", "CDX");
    private static final List<String> REGION = List.of("READ", "WRITE", "MMAP", "CAPS");
    private static final List<String> INTERRUPT = List.of("EVENTFD", "MASKABLE", "AUTOMASKED", "NORESIZE");
    private static final List<String> MIGRATION = List.of("STOP_COPY", "P2P", "PRE_COPY");
    private static final int SHOWN = 32;

    private Difference() {
    }

    /** Tells that a fact differs, with both values. */
    static Optional<String> of(String fact, Object now, Object then) {
        return Objects.equals(now, then) ? Optional.empty()
                : Optional.of(fact + " would change from " + word(now) + " to " + word(then));
    }

    static Optional<String> of(DeviceInfo now, DeviceInfo then) {
        return of("the number of regions of the device", now.regions(), then.regions())
                .or(() -> of("the number of interrupt indices of the device", now.irqs(), then.irqs()))
                .or(() -> capabilities("the device", now.capabilities(), then.capabilities()))
                .or(() -> flags("the flags of the device", DEVICE, now.flags(), then.flags()));
    }

    static Optional<String> of(String region, RegionInfo now, RegionInfo then) {
        return of("the size of " + region, now.size(), then.size())
                .or(() -> capabilities(region, now.capabilities(), then.capabilities()))
                .or(() -> flags("the flags of " + region, REGION, now.flags(), then.flags()))
                .or(() -> of("the offset of " + region, now.offset(), then.offset()));
    }

    /** @param now null where there is no such index, as {@code then} */
    static Optional<String> of(String interrupts, IrqInfo now, IrqInfo then) {
        if (now == null || then == null) {
            return of("whether there are " + interrupts, now != null, then != null);
        }
        return of("the number of " + interrupts, now.count(), then.count())
                .or(() -> flags("the flags of " + interrupts, INTERRUPT, now.flags(), then.flags()))
                .or(() -> of("the index in the info of " + interrupts, now.index(), then.index()));
    }

    /** @param now null where the driver does not migrate the device, as {@code then} */
    static Optional<String> of(MigrationFlags now, MigrationFlags then) {
        return now == null || then == null ? of("whether the driver migrates the device", now != null, then != null)
                : flags("the flags of the device's migration", MIGRATION, now.bits(), then.bits());
    }

    private static Optional<String> flags(String fact, List<String> names, long now, long then) {
        return of(fact, flags(names, now), flags(names, then));
    }

    private static String flags(List<String> names, long flags) {
        StringJoiner words = new StringJoiner(" and ").setEmptyValue("none");
        for (int bit = 0; bit < Long.SIZE; bit++) {
            if ((flags >>> bit & 1) != 0) {
                words.add(bit < names.size() ? names.get(bit) : "bit " + bit);
            }
        }
        return words.toString();
    }

    /** Tells the first place of the capabilities that differs. */
    private static Optional<String> capabilities(String of, List<InfoCapability> now, List<InfoCapability> then) {
        int place = 0;
        while (place < Math.min(now.size(), then.size()) && now.get(place).equals(then.get(place))) {
            place++;
        }
        return of("capability " + (place + 1) + " of " + of, at(now, place), at(then, place));
    }

    private static String at(List<InfoCapability> capabilities, int place) {
        if (place >= capabilities.size()) {
            return "none";
        }
        InfoCapability capability = capabilities.get(place);
        return "id " + capability.id() + " version " + capability.version() + " bytes " + hex(capability.payload());
    }

    private static String hex(ByteBuffer payload) {
        int size = payload.remaining();
        StringBuilder hex = new StringBuilder();
        for (int i = 0; i < Math.min(size, SHOWN); i++) {
            hex.append("%02x".formatted(payload.get(payload.position() + i)));
        }
        return size > SHOWN ? hex + "… of " + size : hex.toString();
    }

    private static String word(Object value) {
        return value instanceof Boolean yes ? yes ? "yes" : "no"
                : value instanceof List<?> list ? list.isEmpty() ? "none"
                        : list.stream().map(Difference::word).collect(Collectors.joining(" and "))
                : value instanceof RegionPart part ? part.offset() + " to " + part.end() : String.valueOf(value);
    }
}
