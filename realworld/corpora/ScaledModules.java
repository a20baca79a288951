// SPDX-License-Identifier: Apache-2.0
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes kernel modules that have nothing but PCI aliases, for depmod to index: those of a modules.alias, and copies of
 * them with other numbers until there are as many lines as asked for. Runs once and ends.
 */
public final class ScaledModules {
    private static final Pattern LINE = Pattern.compile(
            "alias (vfio_)?pci:v(\\S+?)d(\\S+?)sv(\\S+?)sd(\\S+?)bc(\\*|..)sc(\\*|..)i(\\S+) (\\S+)");
    private static final int HEADER = 64;
    private static final int SECTION = 64;

    private ScaledModules() {
    }

    /** Arguments: the modules.alias, the number of lines wanted, the folder to write to. */
    public static void main(String[] arguments) throws IOException {
        List<Matcher> lines = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            Matcher m = LINE.matcher(line);
            if (m.matches()) {
                lines.add(m);
            }
        }
        int wanted = Integer.parseInt(arguments[1]);
        Map<String, List<String>> modules = new LinkedHashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            // Spread evenly over the lines, so that every shape grows by the same factor.
            int copies = (int) ((i + 1L) * wanted / lines.size() - (long) i * wanted / lines.size());
            // The generic driver's any/any is the one line there is only one of, as in a real system.
            int most = lines.get(i).group(1) == null ? copies : 1;
            for (int copy = 0; copy < most; copy++) {
                String module = lines.get(i).group(9) + (copy == 0 ? "" : "_copy" + copy);
                modules.computeIfAbsent(module, name -> new ArrayList<>()).add(copy(lines.get(i), copy));
            }
        }
        Path folder = Files.createDirectories(Path.of(arguments[2], "extra"));
        for (Map.Entry<String, List<String>> module : modules.entrySet()) {
            Files.write(folder.resolve(module.getKey() + ".ko"), elf(module.getValue()));
        }
        System.err.println("corpora:   " + modules.values().stream().mapToInt(List::size).sum() + " aliases in "
                + modules.size() + " modules");
    }

    /** The pattern with vendor, device and subsystem moved; one without a vendor gets another class instead. */
    private static String copy(Matcher m, int copy) {
        String base = m.group(2).equals("*") && m.group(4).equals("*") ? moved(m.group(6), 0x11 * copy, 2) : m.group(6);
        return (m.group(1) == null ? "" : m.group(1)) + "pci:v" + moved(m.group(2), 0x1555 * copy, 4) + "d"
                + moved(m.group(3), 0x0101 * copy, 4) + "sv" + moved(m.group(4), 0x1555 * copy, 4) + "sd" + m.group(5) + "bc"
                + base + "sc" + m.group(7) + "i" + m.group(8);
    }

    private static String moved(String field, int by, int digits) {
        if (field.equals("*")) {
            return field;
        }
        long value = Long.parseLong(field, 16);
        int mask = (1 << 4 * digits) - 1;
        return ("%0" + field.length() + "X").formatted(value > mask ? value : value + by & mask);
    }

    /** An ELF object of three sections: none, .modinfo, .shstrtab. */
    private static byte[] elf(List<String> aliases) {
        ByteArrayOutputStream info = new ByteArrayOutputStream();
        aliases.forEach(alias -> info.writeBytes(("alias=" + alias + "\0").getBytes(StandardCharsets.US_ASCII)));
        byte[] names = "\0.modinfo\0.shstrtab\0".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer elf = ByteBuffer.allocate(HEADER + 3 * SECTION + info.size() + names.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        // ET_REL, EM_X86_64, EV_CURRENT, no entry, no program headers, section headers right behind.
        elf.putShort((short) 1).putShort((short) 62).putInt(1).putLong(0).putLong(0).putLong(HEADER).putInt(0);
        elf.putShort((short) HEADER).putShort((short) 0).putShort((short) 0).putShort((short) SECTION).putShort((short) 3);
        elf.putShort((short) 2).position(HEADER + SECTION);
        int content = HEADER + 3 * SECTION;
        section(elf, 1, 1, content, info.size());
        section(elf, 10, 3, content + info.size(), names.length);
        return elf.put(info.toByteArray()).put(names).array();
    }

    private static void section(ByteBuffer elf, int name, int type, long offset, long size) {
        elf.putInt(name).putInt(type).putLong(0).putLong(0).putLong(offset).putLong(size).putInt(0).putInt(0).putLong(1);
        elf.putLong(0);
    }
}
