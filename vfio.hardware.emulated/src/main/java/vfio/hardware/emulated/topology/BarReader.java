// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.Node;
import vfio.pci.core.bus.PciFunction.Bar;

/** The reader of {@code bars: {0: 1M, 2: 32M mem64 prefetch, 4: 32 io}}. */
final class BarReader {
    private static final Pattern TEXT =
            Pattern.compile("([0-9]{1,10})([KMGT]?)(?: (mem32|mem64|io))?( prefetch)?");
    private static final String EXPECTED = "SIZE[K|M|G|T] [mem32|mem64|io] [prefetch], such as 32M mem64 prefetch";

    private BarReader() {
    }

    /** Returns the BARs in the order of the file; none without the key. */
    static List<Bar> read(String file, Fields owner) throws TopologyException {
        List<Bar> bars = new ArrayList<>();
        if (!owner.has("bars")) {
            return bars;
        }
        Fields fields = new Fields(file, owner.at("bars"), "a mapping of BAR numbers to sizes, such as {0: 1M}")
                .only("0", "1", "2", "3", "4", "5");
        for (Map.Entry<String, Node> entry : fields.values().entrySet()) {
            bars.add(bar(fields, Integer.parseInt(entry.getKey()), entry.getValue()));
        }
        return bars;
    }

    private static Bar bar(Fields fields, int index, Node value) throws TopologyException {
        String text = fields.text(value, EXPECTED);
        Matcher m = TEXT.matcher(text);
        if (!m.matches()) {
            throw fields.error(value, TopologyException.quote(text), EXPECTED);
        }
        long unit = 1L << 10 * (m.group(2).isEmpty() ? 0 : 1 + "KMGT".indexOf(m.group(2)));
        long number = Long.parseLong(m.group(1));
        if (Long.bitCount(number) != 1 || number > (1L << 40) / unit) {
            throw fields.error(value, "a BAR of " + TopologyException.quote(text), "a power of two, at most 1T");
        }
        String kind = m.group(3) == null ? "mem32" : m.group(3);
        return new Bar(index, number * unit, kind.equals("io"), kind.equals("mem64"), m.group(4) != null);
    }
}
