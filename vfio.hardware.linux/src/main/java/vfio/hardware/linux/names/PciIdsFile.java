// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.names;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import vfio.hardware.linux.file.CachedValue;
import vfio.pci.core.admin.PciNames;

/**
 * The names of the first pci.ids file that is there. It keeps an index and the names that were asked for lately; the index is
 * made at the first question, and again when the file was replaced.
 */
@Component(configurationPid = "vfio.hardware.linux.names")
public final class PciIdsFile implements PciNames {
    private static final int REMEMBERED = 1024;

    private final List<Path> files;
    private final CachedValue<PciIdsIndex> index;
    private PciIdsIndex current;
    private final Map<Question, String> answers = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Question, String> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** Settings; PID {@code vfio.hardware.linux.names}. */
    @interface Config {
        /** Paths of the file, best first: Debian's, and other distributions'. */
        String[] paths() default {"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"};
    }

    private record Question(char kind, long ids) {
    }

    /** Reads nothing yet. */
    @Activate
    public PciIdsFile(Config config) {
        this(Stream.of(config.paths()).map(Path::of).toList(), CachedValue.AGE);
    }

    PciIdsFile(List<Path> files, Duration age) {
        this.files = files;
        index = new CachedValue<>(age, () -> file().map(CachedValue::stamp).orElse("none"),
                () -> file().map(PciIdsIndex::of).orElseGet(PciIdsIndex::empty));
    }

    private Optional<Path> file() {
        return files.stream().filter(Files::isRegularFile).findFirst();
    }

    @Override
    public String vendor(int vendor) {
        return answer('v', vendor, ids -> ids.ofVendor(vendor));
    }

    @Override
    public String device(int vendor, int device) {
        return isId(device) ? answer('d', pack(vendor, device), ids -> ids.ofVendor(vendor, hex(device, 4))) : "";
    }

    @Override
    public String subsystem(int vendor, int device, int subvendor, int subdevice) {
        if (!isId(vendor) || !isId(device) || !isId(subvendor) || !isId(subdevice)) {
            return "";
        }
        return answer('s', pack(vendor, device) << 32 | pack(subvendor, subdevice),
                ids -> ids.ofVendor(vendor, hex(device, 4), hex(subvendor, 4) + " " + hex(subdevice, 4)));
    }

    @Override
    public String classOf(int classCode) {
        return answer('c', classCode & ~0xffL, ids -> {
            String subclass = ids.ofClass(classCode >> 16, hex(classCode >> 8 & 0xff, 2));
            return subclass.isEmpty() ? ids.ofClass(classCode >> 16) : subclass;
        });
    }

    @Override
    public String interfaceOf(int classCode) {
        return answer('i', classCode,
                ids -> ids.ofClass(classCode >> 16, hex(classCode >> 8 & 0xff, 2), hex(classCode & 0xff, 2)));
    }

    private synchronized String answer(char kind, long ids, Function<PciIdsIndex, String> look) {
        PciIdsIndex latest = index.get();
        if (latest != current) {
            answers.clear();
            current = latest;
        }
        return answers.computeIfAbsent(new Question(kind, ids), question -> look.apply(latest));
    }

    private static boolean isId(int id) {
        return id >> 16 == 0;
    }

    private static long pack(int high, int low) {
        return (long) high << 16 | low;
    }

    private static String hex(int value, int digits) {
        return ("%0" + digits + "x").formatted(value);
    }
}
