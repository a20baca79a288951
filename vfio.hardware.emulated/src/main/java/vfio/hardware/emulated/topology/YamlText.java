// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/** The parser of a topology's YAML into nodes with positions; each of its failures is a {@link TopologyException}. */
final class YamlText {
    /** 4 MiB. */
    static final int LARGEST = 4 << 20;
    private static final int DEEPEST = 16;

    private final String file;

    YamlText(String file) {
        this.file = file;
    }

    /** Returns the root node of a text. */
    Node compose(byte[] bytes) throws TopologyException {
        if (bytes.length > LARGEST) {
            throw new TopologyException(file, 1, 1, "more than " + LARGEST + " bytes", "a smaller file; see 'repeat'");
        }
        String text = decode(bytes);
        // One piece: the reader fails where a letter of two chars would lie across two.
        // Aliases stay cheap: nodes are shared, and what reads them goes only as deep as the format does.
        LoadSettings settings = LoadSettings.builder().setLabel(file).setCodePointLimit(LARGEST)
                .setBufferSize(text.length() + 1).setMaxAliasesForCollections(TopologyLimits.MOST_FUNCTIONS).build();
        try {
            checkEvents(settings, text);
            Optional<Node> root = new Compose(settings).composeString(text);
            return root.orElseThrow(() -> new TopologyException(file, 1, 1, "an empty file", "functions:"));
        } catch (MarkedYamlEngineException e) {
            Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
            throw new TopologyException(file, mark.map(Mark::getLine).orElse(0) + 1, mark.map(Mark::getColumn).orElse(0) + 1,
                    "no YAML: " + TopologyException.quote(String.valueOf(e.getProblem())), "YAML 1.2");
        } catch (ReaderException e) {
            String before = text.substring(0, text.offsetByCodePoints(0, Math.min(e.getPosition(),
                    text.codePointCount(0, text.length()))));
            throw at(before, "character U+%04X".formatted(e.getCodePoint()), "printable text");
        } catch (YamlEngineException e) {
            throw new TopologyException(file, 1, 1, "no YAML: " + TopologyException.quote(e.getMessage()), "YAML 1.2");
        }
    }

    private String decode(byte[] bytes) throws TopologyException {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CharBuffer text = CharBuffer.allocate(bytes.length + 1);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CoderResult result = decoder.decode(in, text, true);
        text.flip();
        if (result.isError()) {
            throw at(text.toString(), "byte %02x".formatted(bytes[in.position()]), "UTF-8");
        }
        return text.toString();
    }

    private TopologyException at(String before, String found, String expected) {
        int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
        return new TopologyException(file, line, before.length() - before.lastIndexOf('\n'), found, expected);
    }

    /** The composer recurses once a level: a file of brackets alone would end in a StackOverflowError. */
    private void checkEvents(LoadSettings settings, String text) throws TopologyException {
        int depth = 0;
        int documents = 0;
        for (Event event : new Parse(settings).parseString(text)) {
            switch (event.getEventId()) {
                case DocumentStart -> documents++;
                case MappingStart, SequenceStart -> depth++;
                case MappingEnd, SequenceEnd -> depth--;
                default -> { }
            }
            if (depth > DEEPEST || documents > 1) {
                Mark mark = event.getStartMark().orElseThrow();
                throw new TopologyException(file, mark.getLine() + 1, mark.getColumn() + 1,
                        documents > 1 ? "a second document" : "more than " + DEEPEST + " levels",
                        "one document with functions:");
            }
        }
    }
}
