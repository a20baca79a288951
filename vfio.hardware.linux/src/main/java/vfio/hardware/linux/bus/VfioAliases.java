// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import vfio.hardware.linux.file.BoundedLines;
import vfio.hardware.linux.file.CachedValue;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.pci.core.alias.AliasLine;

/**
 * The VFIO drivers that the files beside a kernel's modules tell of.
 *
 * @param lines the {@code vfio_pci:} patterns
 * @param builtIn VFIO modules that are part of the kernel, which may have patterns or none
 */
record VfioAliases(List<AliasLine> lines, Set<String> builtIn) {
    /** Far more lines than depmod writes for any kernel. */
    private static final int MOST = 4096;
    /** The names that are taken, since a name may be handed to modprobe. */
    private static final Pattern MODULE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_-]{0,63}");
    private static final String ALIAS = "alias vfio_pci:";
    private static final String BUILT_IN_ALIAS = ".alias=vfio_pci:";
    private static final String BUILT_IN_FILE = ".file=drivers/vfio/pci/";

    /**
     * Reads the files.
     *
     * @param modules the folder of one kernel release; a file missing in it adds nothing
     */
    static VfioAliases in(Path modules) {
        VfioAliases found = new VfioAliases(new ArrayList<>(), new TreeSet<>());
        each(modules.resolve("modules.alias"), '\n', found::addAlias);
        each(modules.resolve("modules.builtin.modinfo"), '\0', found::addBuiltIn);
        return found;
    }

    /** Returns a value that is equal for as long as both files are the same. */
    static Object stamp(Path modules) {
        return List.of(CachedValue.stamp(modules.resolve("modules.alias")),
                CachedValue.stamp(modules.resolve("modules.builtin.modinfo")));
    }

    private static void each(Path file, char separator, Consumer<String> line) {
        try (BoundedLines lines = BoundedLines.of(file, separator, 0)) {
            for (String text = lines.next(); text != null; text = lines.next()) {
                line.accept(text);
            }
        } catch (NoSuchFileException e) {
            return; // usual on a kernel without modules
        } catch (IOException e) {
            System.getLogger(VfioAliases.class.getName()).log(Level.WARNING,
                    "cannot read " + file + ": " + SysfsDirectory.reason(e) + "; VFIO drivers named there are not known");
        }
    }

    private void addAlias(String line) {
        if (line.startsWith(ALIAS)) {
            add(AliasLine.parse(line));
        }
    }

    /** Adds a string such as {@code vfio_pci.file=drivers/vfio/pci/vfio-pci}: module, key and value. */
    private void addBuiltIn(String text) {
        int dot = text.indexOf('.');
        String module = text.substring(0, Math.max(dot, 0));
        if (text.startsWith(BUILT_IN_FILE, dot) && builtIn.size() < MOST && MODULE.matcher(module).matches()) {
            builtIn.add(module);
        } else if (text.startsWith(BUILT_IN_ALIAS, dot)) {
            add(AliasLine.parse("alias " + text.substring(text.indexOf('=') + 1) + " " + module));
        }
    }

    private void add(Optional<AliasLine> line) {
        line.filter(l -> MODULE.matcher(l.module()).matches() && lines.size() < MOST).ifPresent(lines::add);
    }
}
