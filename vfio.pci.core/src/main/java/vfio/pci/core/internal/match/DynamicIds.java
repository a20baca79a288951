// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.match;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import vfio.core.Errno;
import vfio.core.VfioException.Kind;
import vfio.core.VfioException;
import vfio.pci.core.id.PciDeviceId;

/**
 * The ids that an operator adds to a driver at run time, by the kernel's rules for {@code new_id}, {@code remove_id} and
 * the {@code ids=} parameter (drivers/pci/pci-driver.c, drivers/vfio/pci/vfio_pci.c). Immutable.
 */
public record DynamicIds(List<PciDeviceId> ids) {
    public static final DynamicIds NONE = new DynamicIds(List.of());

    private static final int PARAMETER_LIMIT = 1024;
    /**
     * One hex number. 0x alone is 0 to the kernel, as _parse_integer_fixup_radix of lib/kstrtox.c skips it whatever follows.
     */
    private static final String HEX = "\\s*(?:0[xX]|(?=[0-9a-fA-F]))([0-9a-fA-F]*)";
    private static final Pattern WORD = Pattern.compile("\\G" + HEX);
    private static final Pattern ITEM_WORD = Pattern.compile("(?:^|\\G(?<!^):)" + HEX);

    public DynamicIds {
        ids = List.copyOf(ids);
    }

    /**
     * Returns these ids and the one of a text, {@code vendor device [subvendor subdevice [class class_mask [driver_data]]]}
     * in hex, as {@code new_id} reads it: the first word that is no hex number ends the text.
     *
     * @param table the driver's own entries
     * @throws VfioException EINVAL where fewer than two words can be read, or driver_data is that of no entry; EEXIST where,
     *     without all seven words, an ordinary or an earlier dynamic entry covers the new id
     */
    public DynamicIds add(String text, List<PciDeviceId> table) {
        long[] words = words(text, WORD, 7);
        if (words.length < 2) {
            throw new VfioException(Kind.UNREADABLE, Errno.EINVAL, "new_id '" + text + "': expected vendor and device, then "
                    + "optionally subvendor subdevice class class_mask driver_data, in hex with blanks between");
        }
        PciDeviceId id = entry(words);
        boolean whole = words.length == 7;
        // Override-only entries do not count: a dynamic id makes a function match them without an override.
        if (!whole && table.stream().anyMatch(e -> e.overrideOnly() == 0 && covers(e, id))) {
            throw new VfioException(Errno.EEXIST, "new_id '" + text + "': an entry of the driver covers it already");
        }
        if (!table.isEmpty() && table.stream().noneMatch(e -> e.driverData() == id.driverData())) {
            throw new VfioException(Errno.EINVAL, "new_id '" + text + "': driver_data " + Long.toHexString(id.driverData())
                    + " is that of no entry of the driver");
        }
        if (!whole && ids.stream().anyMatch(e -> covers(e, id))) {
            throw new VfioException(Errno.EEXIST, "new_id '" + text + "': an earlier dynamic id covers it already");
        }
        List<PciDeviceId> more = new ArrayList<>(ids);
        more.add(id);
        return new DynamicIds(more);
    }

    /**
     * Tells whether an entry covers a new id. As in the kernel the new id is taken for a device: ANY in it is covered by ANY
     * alone.
     */
    private static boolean covers(PciDeviceId entry, PciDeviceId id) {
        return agrees(entry.vendor(), id.vendor()) && agrees(entry.device(), id.device())
                && agrees(entry.subvendor(), id.subvendor()) && agrees(entry.subdevice(), id.subdevice())
                && ((entry.classCode() ^ id.classCode()) & entry.classMask()) == 0;
    }

    private static boolean agrees(int entry, int id) {
        return entry == PciDeviceId.ANY || entry == id;
    }

    private static PciDeviceId entry(long[] words) {
        int[] ids = {PciDeviceId.ANY, PciDeviceId.ANY, PciDeviceId.ANY, PciDeviceId.ANY};
        for (int i = 0; i < Math.min(words.length, ids.length); i++) {
            ids[i] = (int) words[i];
        }
        return new PciDeviceId(ids[0], ids[1], ids[2], ids[3], word(words, 4), word(words, 5),
                words.length > 6 ? words[6] : 0, 0);
    }

    private static int word(long[] words, int index) {
        return words.length > index ? (int) words[index] : 0;
    }

    /**
     * Removes the first id with this vendor and device whose sub ids are equal or given as any, and whose class agrees
     * under the mask given.
     *
     * @throws VfioException EINVAL where fewer than two words can be read; ENODEV where none is removed
     */
    public DynamicIds remove(String text) {
        long[] words = words(text, WORD, 6);
        if (words.length < 2) {
            throw new VfioException(Kind.UNREADABLE, Errno.EINVAL, "remove_id '" + text + "': expected vendor and device, "
                    + "then optionally subvendor subdevice class class_mask, in hex with blanks between");
        }
        PciDeviceId wanted = entry(words);
        for (PciDeviceId id : ids) {
            if (id.vendor() == wanted.vendor() && id.device() == wanted.device()
                    && agrees(wanted.subvendor(), id.subvendor()) && agrees(wanted.subdevice(), id.subdevice())
                    && ((id.classCode() ^ wanted.classCode()) & wanted.classMask()) == 0) {
                List<PciDeviceId> rest = new ArrayList<>(ids);
                rest.remove(id);
                return new DynamicIds(rest);
            }
        }
        throw new VfioException(Errno.ENODEV, "remove_id '" + text + "': the driver has no such dynamic id");
    }

    /** Returns the text of each id as {@code remove_id} takes it; words at the end that stand for any are left out. */
    public List<String> texts() {
        return ids.stream().map(DynamicIds::text).toList();
    }

    private static String text(PciDeviceId id) {
        String text = "%04x %04x".formatted(id.vendor(), id.device());
        boolean any = id.subvendor() == PciDeviceId.ANY && id.subdevice() == PciDeviceId.ANY;
        text += any && id.classMask() == 0 ? "" : " %04x %04x".formatted(id.subvendor(), id.subdevice());
        return text + (id.classMask() == 0 ? "" : " %06x %06x".formatted(id.classCode(), id.classMask()));
    }

    /** Returns these, then {@code others}. */
    public DynamicIds and(DynamicIds others) {
        return new DynamicIds(Stream.concat(ids.stream(), others.ids.stream()).toList());
    }

    /** Returns the ids that are left when each of {@code others} is taken out once. */
    public DynamicIds without(DynamicIds others) {
        List<PciDeviceId> rest = new ArrayList<>(ids);
        others.ids.forEach(rest::remove);
        return new DynamicIds(rest);
    }

    /** Reads as sscanf("%x %x …"): hex words with or without 0x, until one cannot be read. */
    private static long[] words(String text, Pattern word, int most) {
        List<Long> words = new ArrayList<>();
        Matcher m = word.matcher(text);
        while (words.size() < most && m.find()) {
            // A number that does not fit keeps its low 64 bits, as in the kernel's simple_strtoull.
            words.add(new BigInteger("0" + m.group(1), 16).longValue());
        }
        return words.stream().mapToLong(Long::longValue).toArray();
    }

    /** The result of reading the {@code ids=} setting: the ids, and a sentence for each item left out. */
    public record Parsed(DynamicIds ids, List<String> warnings) {
    }

    /**
     * Reads the {@code ids=} setting: items {@code vendor:device[:subvendor[:subdevice[:class[:class_mask]]]]} in hex with
     * commas between. A bad item is left out with a warning and the rest goes on. As in the kernel, and unlike
     * {@link #add}, an item is taken whatever the driver's table says.
     */
    public static Parsed parameter(String text) {
        List<String> warnings = new ArrayList<>();
        List<PciDeviceId> ids = new ArrayList<>();
        String limited = text;
        if (text.length() >= PARAMETER_LIMIT) {
            limited = text.substring(0, PARAMETER_LIMIT - 1);
            warnings.add("ids is longer than " + (PARAMETER_LIMIT - 1) + " characters");
        }
        for (String item : limited.split(",")) {
            long[] words = words(item, ITEM_WORD, 6);
            if (words.length >= 2) {
                ids.add(entry(words));
            } else if (!item.isEmpty()) {
                warnings.add("ids item '" + item + "' is none: expected vendor:device in hex");
            }
        }
        return new Parsed(new DynamicIds(ids), warnings);
    }
}
