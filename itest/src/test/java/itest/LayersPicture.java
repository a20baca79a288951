// SPDX-License-Identifier: Apache-2.0
package itest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Draws docs/layers.svg from docs/layers.txt: a block for each bundle, a row for each layer, a box for each package. */
final class LayersPicture {
    static final Path FILE = ReactorBundles.ROOT.resolve("docs/layers.svg");

    private static final int BOX = 108;
    private static final int WIDE = 5 * BOX;
    private static final int ROW = 30;
    private static final int HEAD = 26;
    private static final int GAP = 18;

    private final StringBuilder body = new StringBuilder();
    private final int[] ends = {GAP, GAP};

    private LayersPicture() {
    }

    /** Writes the picture and the page of exported types; {@code docs/draw} runs this. */
    public static void main(String[] none) throws IOException {
        Files.writeString(FILE, draw(Layers.read()));
        Files.writeString(ApiPage.FILE, ApiPage.write());
    }

    /** Returns the picture; bundles of one package have no layers to show. */
    static String draw(Layers layers) {
        LayersPicture picture = new LayersPicture();
        for (Map.Entry<String, List<List<String>>> bundle : layers.bundles().entrySet()) {
            if (bundle.getValue().size() > 1) {
                picture.block(bundle.getKey(), bundle.getValue());
            }
        }
        return picture.page();
    }

    /** A block goes to the column that is shorter so far. */
    private void block(String name, List<List<String>> layers) {
        int column = ends[0] <= ends[1] ? 0 : 1;
        int left = GAP + column * (WIDE + 2 * GAP);
        int top = ends[column];
        text(left, top + HEAD - 9, "bundle", name);
        int y = top + HEAD;
        for (List<String> layer : layers) {
            int width = WIDE / layer.size();
            for (int i = 0; i < layer.size(); i++) {
                box(left + i * width, y, width - 4, shortened(layer.get(i), name));
            }
            y += ROW;
        }
        ends[column] = y + GAP;
    }

    private static String shortened(String name, String bundle) {
        return name.equals(bundle) ? name : name.substring(bundle.length() + 1);
    }

    private void box(int x, int y, int width, String name) {
        String kind = name.startsWith("internal") ? "inside" : "open";
        body.append("<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>\n"
                .formatted(kind, x, y, width, ROW - 4));
        text(x + width / 2, y + ROW / 2 + 3, "name", name);
    }

    private void text(int x, int y, String kind, String text) {
        body.append("<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>\n".formatted(kind, x, y, text));
    }

    private String page() {
        return """
                <!-- SPDX-License-Identifier: Apache-2.0. Drawn from layers.txt by docs/draw. -->
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">
                <style>
                .open { fill: #dbe9f6; stroke: #5b84ab } .inside { fill: #eeeeee; stroke: #9a9a9a }
                .bundle { font-size: 14px; font-weight: bold } .name { text-anchor: middle }
                </style>
                <rect width="100%%" height="100%%" fill="white"/>
                %s</svg>
                """.formatted(2 * (WIDE + 2 * GAP), Math.max(ends[0], ends[1]), body);
    }
}
