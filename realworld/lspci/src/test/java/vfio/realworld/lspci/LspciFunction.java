// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.lspci;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vfio.pci.core.id.PciAddress;

/**
 * One function as lspci printed it.
 *
 * @param first the line with its place and ids
 * @param header the lines before its capabilities
 * @param capabilities in their order, those that lspci says the chain breaks at left out
 */
record LspciFunction(String first, List<String> header, List<LspciCapability> capabilities) {
    private static final Pattern FIRST = Pattern.compile("([0-9a-f:]+\\.[0-7]) .*");
    private static final Pattern CAPABILITY = Pattern.compile("\tCapabilities: \\[([0-9a-f]+)(?: v(\\d+))?] (.*)");

    /**
     * One capability as lspci printed it.
     *
     * @param version -1 of a standard one
     * @param lines below its title, with their tabs
     */
    record LspciCapability(int offset, int version, String title, List<String> lines) {
        boolean extended() {
            return version >= 0;
        }
    }

    static Map<PciAddress, LspciFunction> parse(String text) {
        Map<PciAddress, LspciFunction> functions = new TreeMap<>();
        LspciFunction function = null;
        for (String line : text.split("\n")) {
            Matcher first = FIRST.matcher(line);
            Matcher capability = CAPABILITY.matcher(line);
            if (first.matches()) {
                function = new LspciFunction(line, new ArrayList<>(), new ArrayList<>());
                functions.put(PciAddress.parse(first.group(1)), function);
            } else if (capability.matches()) {
                function.capabilities.add(new LspciCapability(Integer.parseInt(capability.group(1), 16),
                        capability.group(2) == null ? -1 : Integer.parseInt(capability.group(2)), capability.group(3),
                        new ArrayList<>()));
            } else if (!line.isBlank()) {
                function.lines(line).add(line);
            }
        }
        functions.values().forEach(f -> f.capabilities.removeIf(c -> c.title.startsWith("<chain")));
        return functions;
    }

    private List<String> lines(String line) {
        boolean below = !capabilities.isEmpty() && line.startsWith("\t\t");
        return below ? capabilities.get(capabilities.size() - 1).lines : header;
    }
}
