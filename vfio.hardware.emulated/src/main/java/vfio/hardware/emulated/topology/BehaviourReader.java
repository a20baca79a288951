// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.InterruptWiring.Intx;
import vfio.hardware.emulated.InterruptWiring;
import vfio.hardware.emulated.ResetOutcome;
import vfio.hardware.emulated.Rom;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.ResetMethod;

/**
 * The reader of a function's behaviour: {@code model}, {@code rom}, {@code vga}, {@code interrupts} and
 * {@code reset}.
 */
final class BehaviourReader {
    private static final int MOST_VECTORS = 2048;
    private static final String NAME = "a name of lower-case letters, digits, dots and dashes";
    private static final Map<String, ResetMethod> METHODS = new LinkedHashMap<>();

    static {
        METHODS.put("device", ResetMethod.DEVICE_SPECIFIC);
        METHODS.put("acpi", ResetMethod.ACPI);
        METHODS.put("flr", ResetMethod.FLR);
        METHODS.put("af", ResetMethod.AF_FLR);
        METHODS.put("pm", ResetMethod.PM);
        METHODS.put("bus", ResetMethod.BUS);
    }

    private final String file;
    private final Fields fields;

    BehaviourReader(String file, Fields fields) {
        this.file = file;
        this.fields = fields;
    }

    /** Reads the behaviour of VFs, without ROM and VGA; the result gives it to a description. */
    Consumer<FunctionDescription.Builder> virtual() throws TopologyException {
        String model = model();
        InterruptWiring wiring = interrupts();
        Map<ResetMethod, ResetOutcome> resets = resets();
        return builder -> {
            builder.model(model).interrupts(wiring);
            resets.forEach(builder::reset);
        };
    }

    /**
     * Reads the behaviour of a function into its description.
     *
     * @param key of the function, which a generated ROM shows with the revision
     */
    void physical(FunctionDescription.Builder builder, DeviceKey key, int revision) throws TopologyException {
        Rom rom = fields.has("rom") ? rom(key, revision) : null;
        builder.rom(rom).model(model()).vga(fields.flag("vga", false)).interrupts(interrupts());
        resets().forEach(builder::reset);
    }

    private String model() throws TopologyException {
        if (!fields.has("model")) {
            return "";
        }
        String name = fields.text(fields.at("model"), NAME);
        if (!name.matches("[a-z0-9.-]{1,64}")) {
            throw fields.error(fields.at("model"), TopologyException.quote(name), NAME);
        }
        return name;
    }

    private Rom rom(DeviceKey key, int revision) throws TopologyException {
        Node node = fields.at("rom");
        try {
            if (!(node instanceof MappingNode)) {
                int size = fields.size(node, 16 << 20);
                return Rom.generated(size, Math.min(size, 2048), key, revision);
            }
            Fields rom = new Fields(file, node, "SIZE or {size: SIZE}").only("size", "image", "file", "shadow");
            if (rom.flag("shadow", false)) {
                return shadow(rom, key, revision);
            }
            int size = rom.size(rom.require("size", "SIZE[K|M]"), 16 << 20);
            if (rom.has("file")) {
                return new Rom(size, content(rom, size));
            }
            int image = rom.has("image") ? rom.size(rom.at("image"), size) : Math.min(size, 2048);
            return Rom.generated(size, image, key, revision);
        } catch (IllegalArgumentException e) {
            throw fields.error(node, e.getMessage(), "a ROM such as 64K");
        }
    }

    /** Reads a ROM without a BAR, and so without a size. */
    private Rom shadow(Fields rom, DeviceKey key, int revision) throws TopologyException {
        if (rom.has("size")) {
            throw rom.error(rom.at("size"), "a shadow ROM with a size", "either of them: a shadow has no BAR");
        }
        if (rom.has("file")) {
            return Rom.shadow(content(rom, 128 << 10));
        }
        return Rom.generatedShadow(rom.has("image") ? rom.size(rom.at("image"), 128 << 10) : 2048, key, revision);
    }

    /** Reads the file of an image; its path is relative to the folder of the topology. */
    private byte[] content(Fields rom, int size) throws TopologyException {
        String name = rom.text(rom.at("file"), "a file");
        String expected = "a readable file of at most " + size + " bytes";
        try {
            Path path = Path.of(file).resolveSibling(name);
            // A pipe would keep the bus waiting for ever.
            if (Files.isRegularFile(path)) {
                return content(path, size);
            }
        } catch (IOException | InvalidPathException e) {
            // the sentence below says enough: the file and what is expected of it
        }
        throw rom.error(rom.at("file"), TopologyException.quote(name) + ", which cannot be read or does not fit", expected);
    }

    private static byte[] content(Path path, int size) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            // One byte more than fits tells that there is more.
            byte[] content = in.readNBytes(size + 1);
            if (content.length == 0 || content.length > size) {
                throw new IOException(path + " is empty or larger than " + size);
            }
            return content;
        }
    }

    private InterruptWiring interrupts() throws TopologyException {
        if (!fields.has("interrupts")) {
            return InterruptWiring.FULL;
        }
        Fields f = new Fields(file, fields.at("interrupts"), "{vectors: …}")
                .only("vectors", "dynamic", "connected", "intx");
        Intx intx = f.has("intx") ? f.word(f.at("intx"), Intx.values()) : null;
        return new InterruptWiring(f.number("vectors", 0, MOST_VECTORS, MOST_VECTORS), f.flag("dynamic", true),
                f.flag("connected", true), intx);
    }

    private Map<ResetMethod, ResetOutcome> resets() throws TopologyException {
        Map<ResetMethod, ResetOutcome> outcomes = new EnumMap<>(ResetMethod.class);
        if (fields.has("reset")) {
            Fields f = new Fields(file, fields.at("reset"), "{METHOD: OUTCOME}")
                    .only(METHODS.keySet().toArray(String[]::new));
            for (Map.Entry<String, Node> entry : f.values().entrySet()) {
                outcomes.put(METHODS.get(entry.getKey()), f.word(entry.getValue(), ResetOutcome.values()));
            }
        }
        return outcomes;
    }
}
