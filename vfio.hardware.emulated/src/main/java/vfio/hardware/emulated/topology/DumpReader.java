// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vfio.hardware.emulated.FunctionSpec;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

/**
 * The reader of a dump that {@code lspci -xxx} or {@code -xxxx} printed, with {@code -v}, {@code -D}, {@code -P},
 * {@code -PP} or {@code -vmm} too, and with any text between its lines; used once. A row of bytes that belongs to no
 * function is an error: the function's own line was lost, and the function with it.
 */
final class DumpReader {
    /** 64 MiB: about 5,000 functions of PCI Express. */
    static final int LARGEST = 64 << 20;
    private static final String STEP = "(?:[0-9a-f]{2}:)?[0-9a-f]{2}\\.[0-7]";
    private static final Pattern FUNCTION = Pattern.compile("(?:Slot:\t)?((?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]"
            + "(?:/" + STEP + ")*+)(?: .*)?", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern ROW = Pattern.compile("([0-9a-fA-F]{2,8}): (.*)", Pattern.DOTALL);
    private static final Pattern BYTES = Pattern.compile("[0-9a-fA-F]{2}(?: [0-9a-fA-F]{2}){0,15}+ *+");
    /** A row that was moved or marked. */
    private static final Pattern ROW_WITHIN =
            Pattern.compile("(?<![0-9a-fA-F])[0-9a-fA-F]{2,8}: [0-9a-fA-F]{2}(?: [0-9a-fA-F]{2}){15}(?![0-9a-fA-F])");
    private static final Pattern SIZE =
            Pattern.compile("\\s+Region ([0-5]): .*\\[size=([0-9]{1,10})([KMGT]?)]", Pattern.DOTALL);
    /** A look at the beginning is enough to tell a dump. */
    private static final int LOOK = 64 << 10;

    private final String file;
    private final DumpPaths paths = new DumpPaths();
    private final Map<PciAddress, DumpedFunction> functions = new TreeMap<>();
    private DumpedFunction current;

    DumpReader(String file) {
        this.file = file;
    }

    /** Tells whether the text is a dump: a line begins with a function's address or is a row of bytes, as no line of YAML. */
    static boolean recognises(byte[] bytes) {
        DumpLines lines = new DumpLines(bytes, Math.min(bytes.length, LOOK));
        for (String line = lines.next(); line != null; line = lines.next()) {
            if (FUNCTION.matcher(line).matches() || isRow(line)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isRow(String line) {
        Matcher row = ROW.matcher(line);
        return row.matches() && BYTES.matcher(row.group(2)).matches();
    }

    /**
     * Reads the text of a dump.
     *
     * @return the functions in address order
     * @throws TopologyException where the text is wrong
     */
    List<FunctionSpec> read(byte[] bytes) throws TopologyException {
        if (bytes.length > LARGEST) {
            throw new TopologyException(file, 1, 1, "more than " + LARGEST + " bytes", "a smaller dump");
        }
        DumpLines lines = new DumpLines(bytes, bytes.length);
        for (String line = lines.next(); line != null; line = lines.next()) {
            line(line, lines.number());
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
        return specs;
    }

    private void line(String line, int number) throws TopologyException {
        Matcher function = FUNCTION.matcher(line);
        if (function.matches()) {
            begin(function.group(1), number);
        } else if (line.isEmpty()) {
            current = null;
        } else if (current == null) {
            refuseRows(line, number);
        } else {
            inside(line, number);
        }
    }

    private void begin(String path, int number) throws TopologyException {
        PciAddress address;
        try {
            address = paths.address(path);
        } catch (IllegalArgumentException e) {
            throw new TopologyException(file, number, 1, e.getMessage(), "an address, such as 0000:01:00.1");
        }
        current = new DumpedFunction(address, number);
        paths.add(path, current);
        if (functions.put(address, current) != null) {
            throw new TopologyException(file, number, 1, "a function at " + address + ", where there is one already",
                    "each once");
        }
        if (functions.size() > TopologyLimits.MOST_FUNCTIONS) {
            throw new TopologyException(file, number, 1, "more than " + TopologyLimits.MOST_FUNCTIONS + " functions",
                    "fewer");
        }
    }

    /** Other text is nobody's loss. */
    private void refuseRows(String line, int number) throws TopologyException {
        Matcher within = ROW_WITHIN.matcher(line);
        if (isRow(line) || within.find()) {
            int column = isRow(line) ? 1 : within.start() + 1;
            throw new TopologyException(file, number, column, "bytes of no function",
                    "a line above them that begins with its address, such as 01:00.1");
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
            refuseRows(line, number);
            return;
        }
        if (!BYTES.matcher(row.group(2)).matches()) {
            throw new TopologyException(file, number, row.start(2) + 1, TopologyException.quote(row.group(2)),
                    "1 to 16 bytes in hex");
        }
        long offset = Long.parseLong(row.group(1), 16);
        for (String text : row.group(2).strip().split(" ")) {
            put(offset++, Integer.parseInt(text, 16), number);
        }
    }

    private void put(long offset, int value, int number) throws TopologyException {
        if (offset >= DumpedFunction.MOST) {
            throw new TopologyException(file, number, 1, "a byte at %xh".formatted(offset), "at most 1000h bytes");
        }
        if (!current.put((int) offset, value)) {
            throw new TopologyException(file, number, 1, "a byte at %xh of %s for the second time".formatted(offset,
                    current.address()), "each once, and a function's address above its bytes");
        }
    }
}
