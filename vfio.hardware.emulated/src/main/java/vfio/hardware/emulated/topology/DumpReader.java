// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vfio.hardware.emulated.FunctionSpec;
import vfio.pci.core.DeviceKey;
import vfio.pci.core.PciAddress;

/** Reads what {@code lspci -xxx} or {@code -xxxx} printed, with any text between its hex lines; used once. */
final class DumpReader {
    /** 64 MiB: about 5,000 functions of PCI Express. */
    static final int LARGEST = 64 << 20;
    private static final String SLOT = "((?:[0-9a-fA-F]{4,8}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\\.[0-7])(?: .*)?";
    private static final Pattern FUNCTION = Pattern.compile(SLOT);
    private static final Pattern ROW = Pattern.compile("([0-9a-fA-F]{2,8}): (.*)");
    private static final Pattern BYTES = Pattern.compile("[0-9a-fA-F]{2}(?: [0-9a-fA-F]{2}){0,15}+ *+");
    private static final Pattern SIZE = Pattern.compile("\\s+Region ([0-5]): .*\\[size=([0-9]{1,10})([KMGT]?)]");
    private static final Pattern FIRST_FUNCTION = Pattern.compile("(?m)^" + SLOT + "\\r?$");
    private static final Pattern FIRST_ROW = Pattern.compile("(?m)^[0-9a-fA-F]{2,8}: [0-9a-fA-F]{2} ");
    /** A look at the beginning is enough to tell a dump: its first function has a row by then. */
    private static final int LOOK = 64 << 10;

    private final String file;
    private final Map<PciAddress, DumpedFunction> functions = new TreeMap<>();
    private DumpedFunction current;

    DumpReader(String file) {
        this.file = file;
    }

    /** Whether the text is a dump: a line that begins with a function's address, and below it one with its bytes. */
    static boolean recognises(byte[] bytes) {
        String start = new String(bytes, 0, Math.min(bytes.length, LOOK), StandardCharsets.ISO_8859_1);
        Matcher function = FIRST_FUNCTION.matcher(start);
        return function.find() && FIRST_ROW.matcher(start).find(function.end());
    }

    Topology read(byte[] bytes) throws TopologyException {
        if (bytes.length > LARGEST) {
            throw new TopologyException(file, 1, 1, "more than " + LARGEST + " bytes", "a smaller dump");
        }
        // Names of devices may be in any encoding, and are not looked at.
        String[] lines = new String(bytes, StandardCharsets.ISO_8859_1).split("\r?\n", -1);
        for (int i = 0; i < lines.length; i++) {
            line(lines[i], i + 1);
        }
        DumpedBars bars = new DumpedBars(functions.values());
        Map<PciAddress, DeviceKey> virtual = DumpedVfs.keys(functions.values());
        List<FunctionSpec> specs = new ArrayList<>();
        for (DumpedFunction function : functions.values()) {
            if (!function.whole()) {
                throw new TopologyException(file, function.line(), 1, function.length() + " bytes of config space of "
                        + function.address(), "all 256 or 4096, as lspci -xxx or -xxxx prints them to root");
            }
            specs.add(function.spec(virtual.getOrDefault(function.address(), function.key()), bars.of(function)));
        }
        return new Topology(specs);
    }

    private void line(String line, int number) throws TopologyException {
        Matcher function = FUNCTION.matcher(line);
        if (function.matches()) {
            begin(function.group(1), number);
        } else if (line.isEmpty()) {
            current = null;
        } else if (current != null) {
            inside(line, number);
        }
    }

    private void begin(String text, int number) throws TopologyException {
        PciAddress address;
        try {
            address = PciAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TopologyException(file, number, 1, TopologyException.quote(text), "an address, such as 0000:01:00.1");
        }
        current = new DumpedFunction(address, number);
        if (functions.put(address, current) != null) {
            throw new TopologyException(file, number, 1, "a function at " + address + ", where there is one already",
                    "each once");
        }
        if (functions.size() > TopologyReader.MOST_FUNCTIONS) {
            throw new TopologyException(file, number, 1, "more than " + TopologyReader.MOST_FUNCTIONS + " functions",
                    "fewer");
        }
    }

    private void inside(String line, int number) throws TopologyException {
        Matcher size = SIZE.matcher(line);
        if (size.matches()) {
            current.size(Integer.parseInt(size.group(1)), Long.parseLong(size.group(2))
                    << 10 * (size.group(3).isEmpty() ? 0 : 1 + "KMGT".indexOf(size.group(3))));
        }
        Matcher row = ROW.matcher(line);
        if (!row.matches()) {
            return;
        }
        if (!BYTES.matcher(row.group(2)).matches()) {
            throw new TopologyException(file, number, row.start(2) + 1, TopologyException.quote(row.group(2)),
                    "1 to 16 bytes in hex");
        }
        long offset = Long.parseLong(row.group(1), 16);
        for (String text : row.group(2).strip().split(" ")) {
            if (offset >= DumpedFunction.MOST) {
                throw new TopologyException(file, number, 1, "a byte at %xh".formatted(offset), "at most 1000h bytes");
            }
            current.put((int) offset++, Integer.parseInt(text, 16));
        }
    }
}
