// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** The keys of one YAML mapping, read with types and ranges; each mistake is told with its position. */
final class Fields {
    private final String file;
    private final Node node;
    private final Map<String, Node> values = new LinkedHashMap<>();

    /** The mapping without keys. */
    static final Fields NONE = new Fields();

    private Fields() {
        file = "";
        node = null;
    }

    /** Reads the pairs of {@code node}, each key at most once. */
    Fields(String file, Node node, String expected) throws TopologyException {
        this.file = file;
        this.node = node;
        if (!(node instanceof MappingNode mapping)) {
            throw error(node, describe(node), expected);
        }
        for (NodeTuple pair : mapping.getValue()) {
            if (!(pair.getKeyNode() instanceof ScalarNode key)) {
                throw error(pair.getKeyNode(), describe(pair.getKeyNode()) + " as a key", "a word");
            }
            if (values.put(key.getValue(), pair.getValueNode()) != null) {
                throw error(key, "the key " + TopologyException.quote(key.getValue()) + " a second time", "each key once");
            }
        }
    }

    /** Refuses keys other than these. */
    Fields only(String... known) throws TopologyException {
        for (NodeTuple pair : ((MappingNode) node).getValue()) {
            ScalarNode key = (ScalarNode) pair.getKeyNode();
            if (!List.of(known).contains(key.getValue())) {
                throw error(key, "unknown key " + TopologyException.quote(key.getValue()),
                        "one of " + String.join(", ", known));
            }
        }
        return this;
    }

    Node node() {
        return node;
    }

    Map<String, Node> values() {
        return values;
    }

    boolean has(String key) {
        return values.containsKey(key);
    }

    Node require(String key, String expected) throws TopologyException {
        Node value = values.get(key);
        if (value == null) {
            throw error(node, "no '" + key + "'", "'" + key + ": " + expected + "'");
        }
        return value;
    }

    /** Returns the node of a key, or that of the whole where there is none: a place for an error. */
    Node at(String key) {
        return values.getOrDefault(key, node);
    }

    String text(Node value, String expected) throws TopologyException {
        if (value instanceof ScalarNode scalar) {
            return scalar.getValue();
        }
        throw error(value, describe(value), expected);
    }

    /** Reads a hex number with or without 0x. */
    int hex(String key, int digits, int otherwise) throws TopologyException {
        return has(key) ? (int) hex(values.get(key), digits) : otherwise;
    }

    long hex(Node value, int digits) throws TopologyException {
        String expected = "a hex number of at most " + digits + " digits";
        String text = text(value, expected);
        String number = text.startsWith("0x") || text.startsWith("0X") ? text.substring(2) : text;
        if (!number.matches("[0-9a-fA-F]{1," + digits + "}")) {
            throw error(value, TopologyException.quote(text), expected);
        }
        return Long.parseUnsignedLong(number, 16);
    }

    /** Reads a decimal number, or a hex one with 0x. */
    int number(String key, int least, int most, int otherwise) throws TopologyException {
        return has(key) ? number(values.get(key), least, most) : otherwise;
    }

    int number(Node value, int least, int most) throws TopologyException {
        String expected = "a number from " + least + " to " + most;
        String text = text(value, expected);
        if (text.matches("[0-9]{1,10}|0x[0-9a-fA-F]{1,8}")) {
            long number = Long.decode(text.startsWith("0x") ? text : text.replaceFirst("^0+(?=.)", ""));
            if (number >= least && number <= most) {
                return (int) number;
            }
        }
        throw error(value, TopologyException.quote(text), expected);
    }

    /** Reads a number of bytes, in units of K or M where it says so. */
    int size(Node value, int most) throws TopologyException {
        String expected = "SIZE[K|M] of at most " + most + " bytes";
        String text = text(value, expected);
        if (text.matches("[0-9]{1,9}[KM]?")) {
            int shift = text.endsWith("K") ? 10 : text.endsWith("M") ? 20 : 0;
            long number = Long.parseLong(shift == 0 ? text : text.substring(0, text.length() - 1)) << shift;
            if (number <= most) {
                return (int) number;
            }
        }
        throw error(value, TopologyException.quote(text), expected);
    }

    /** Reads one of the words of an enumeration, in lower case and with dashes. */
    <E extends Enum<E>> E word(Node value, E[] words) throws TopologyException {
        List<String> known = new ArrayList<>();
        for (E word : words) {
            known.add(word.name().toLowerCase(Locale.ROOT).replace('_', '-'));
        }
        String expected = "one of " + String.join(", ", known);
        int index = known.indexOf(text(value, expected));
        if (index < 0) {
            throw error(value, describe(value), expected);
        }
        return words[index];
    }

    boolean flag(String key, boolean otherwise) throws TopologyException {
        if (!has(key)) {
            return otherwise;
        }
        String text = text(values.get(key), "true or false");
        if (!text.equals("true") && !text.equals("false")) {
            throw error(values.get(key), TopologyException.quote(text), "true or false");
        }
        return text.equals("true");
    }

    /** Returns the items of a list of at most {@code most}; none where the key is missing. */
    List<Node> list(String key, int most, String expected) throws TopologyException {
        Node value = values.get(key);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof SequenceNode sequence)) {
            throw error(value, describe(value), expected);
        }
        if (sequence.getValue().size() > most) {
            throw error(value, "a list of " + sequence.getValue().size() + " items", "at most " + most);
        }
        return new ArrayList<>(sequence.getValue());
    }

    /** Reads bytes in hex; blanks between them mean nothing. */
    byte[] bytes(String key, int most) throws TopologyException {
        String expected = "at most " + most + " bytes in hex";
        Node value = require(key, expected);
        String text = text(value, expected).replace(" ", "");
        if (text.length() > 2 * most || !text.matches("([0-9a-fA-F]{2})*+")) {
            throw error(value, TopologyException.quote(text), expected);
        }
        return java.util.HexFormat.of().parseHex(text);
    }

    TopologyException error(Node at, String found, String expected) {
        Mark mark = at.getStartMark().orElseThrow();
        return new TopologyException(file, mark.getLine() + 1, mark.getColumn() + 1, found, expected);
    }

    static String describe(Node node) {
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue().isEmpty() ? "nothing" : TopologyException.quote(scalar.getValue());
        }
        return node instanceof SequenceNode ? "a list" : "a mapping";
    }
}
