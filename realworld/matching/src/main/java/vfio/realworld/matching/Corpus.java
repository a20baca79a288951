// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.matching;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import vfio.pci.core.alias.AliasLine;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.id.PciClass;
import vfio.pci.core.id.PciDeviceId;

/**
 * One kernel's modules as {@code realworld/corpora/make} leaves them: depmod's indexes and the id tables of the binaries.
 *
 * @param folder has modules.alias, its binary index, and {@code tables}
 */
public record Corpus(Path folder) {

    /**
     * Finds a corpus in the folder that the system property {@code vfio.corpora} names.
     *
     * @throws IllegalStateException where it is missing
     */
    public static Corpus named(String name) {
        String root = System.getProperty("vfio.corpora", "");
        Path folder = Path.of(root, name);
        if (root.isEmpty() || !Files.isReadable(folder.resolve("modules.alias"))) {
            throw new IllegalStateException("no corpus " + name + " in '" + root + "': run realworld/corpora/make and give "
                    + "the folder it prints as -Dvfio.corpora=DIR");
        }
        return new Corpus(folder);
    }

    /** The lines about PCI as they stand in modules.alias, both prefixes. */
    public List<String> text() {
        return lines("modules.alias").stream()
                .filter(line -> line.startsWith("alias pci:") || line.startsWith("alias vfio_pci:")).toList();
    }

    /** The same, read by us. */
    public List<AliasLine> aliases() {
        return text().stream().map(line -> AliasLine.parse(line)
                .orElseThrow(() -> new IllegalStateException("not understood: " + line))).toList();
    }

    /** A driver for each module that has PCI aliases, its table in the order of the lines. */
    public List<DriverIds> drivers() {
        Map<String, List<PciDeviceId>> tables = new LinkedHashMap<>();
        aliases().forEach(alias -> tables.computeIfAbsent(alias.module(), m -> new ArrayList<>()).add(alias.id()));
        return drivers(tables);
    }

    /** A driver for each module that has a PCI id table in its binary, its table as the compiler laid it out. */
    public List<DriverIds> tables() {
        Map<String, List<PciDeviceId>> tables = new LinkedHashMap<>();
        for (String line : lines("tables")) {
            String[] words = line.split(" ");
            int[] ids = new int[6];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = Integer.parseUnsignedInt(words[i + 1], 16);
            }
            // Many drivers write a class mask of ~0; a class has 24 bits, so only those count.
            tables.computeIfAbsent(words[0], m -> new ArrayList<>()).add(new PciDeviceId(ids[0], ids[1], ids[2], ids[3],
                    ids[4], ids[5] & PciClass.CODE_BITS,
                    Long.parseUnsignedLong(words[7], 16), Integer.parseInt(words[8], 16)));
        }
        return drivers(tables);
    }

    /** The lines of a file there. */
    public List<String> lines(String file) {
        try {
            return Files.readAllLines(folder.resolve(file), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + folder.resolve(file), e);
        }
    }

    private static List<DriverIds> drivers(Map<String, List<PciDeviceId>> tables) {
        List<DriverIds> drivers = new ArrayList<>();
        tables.forEach((module, table) -> drivers.add(DriverIds.of(module, table.toArray(PciDeviceId[]::new))));
        return drivers;
    }
}
