// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import vfio.hardware.emulated.FunctionSpec;

/**
 * The functions of a topology file.
 *
 * @param functions in address order; each place is free and each bridge is above what is behind it
 */
public record BusTopology(List<FunctionSpec> functions) {
    /** The topology without functions. */
    public static final BusTopology EMPTY = new BusTopology(List.of());
    private static final String BUILT_IN = "default-topology.yaml";

    public BusTopology {
        functions = List.copyOf(functions);
    }

    /**
     * Reads a topology in YAML, or a dump that {@code lspci -xxx} or {@code -xxxx} printed; the content tells which.
     *
     * @throws TopologyException where it cannot be read or is wrong
     */
    public static BusTopology read(Path file) throws TopologyException {
        try (InputStream in = Files.newInputStream(file)) {
            return read(file.toString(), in);
        } catch (IOException e) {
            throw new TopologyException(file.toString(), 1, 1, "no readable file (" + e + ")", "a topology in YAML");
        }
    }

    /**
     * Reads the built-in topology, a resource of this bundle.
     *
     * @throws TopologyException where it is wrong
     */
    public static BusTopology builtIn() throws TopologyException {
        try (InputStream in = BusTopology.class.getResourceAsStream("/" + BUILT_IN)) {
            return read(BUILT_IN, in);
        } catch (IOException e) {
            throw new TopologyException(BUILT_IN, 1, 1, "no readable resource (" + e + ")", "a topology in YAML");
        }
    }

    private static BusTopology read(String name, InputStream in) throws IOException, TopologyException {
        // One byte more than allowed tells that there is more, whatever its size: /dev/zero ends here too.
        byte[] bytes = in.readNBytes(YamlText.LARGEST + 1);
        if (!DumpReader.recognises(bytes)) {
            return new BusTopology(new TopologyReader(name).read(bytes));
        }
        byte[] rest = in.readNBytes(DumpReader.LARGEST + 1 - bytes.length);
        byte[] whole = Arrays.copyOf(bytes, bytes.length + rest.length);
        System.arraycopy(rest, 0, whole, bytes.length, rest.length);
        return new BusTopology(new DumpReader(name).read(whole));
    }

    /** Returns the functions that this topology has and {@code other} does not, in address order. */
    public List<FunctionSpec> functionsNotIn(BusTopology other) {
        if (other.functions.isEmpty()) {
            return functions;
        }
        Set<FunctionSpec> known = new HashSet<>(other.functions);
        return functions.stream().filter(f -> !known.contains(f)).toList();
    }
}
