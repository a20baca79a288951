// SPDX-License-Identifier: Apache-2.0
package itest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Writes docs/api.md: the exported types by audience, each with the first sentence of its Javadoc. */
final class ApiPage {
    static final Path FILE = ReactorBundles.ROOT.resolve("docs/api.md");
    static final Path AUDIENCES = ReactorBundles.ROOT.resolve("docs/audiences.txt");

    private static final Pattern VERSION = Pattern.compile("@Version\\(\"([^\"]+)\"\\)");
    private static final Pattern TYPE = Pattern.compile("(?m)^public [a-z -]*(?:@?interface|class|record|enum) ");
    private static final Pattern LINK =
            Pattern.compile("\\{@link(?:plain)?\\s+(?:[a-z]\\w*\\.)*#?([^\\s}]+)(?:\\s+([^}]*))?}");
    private static final Pattern CODE = Pattern.compile("\\{@code\\s+([^}]*)}");

    private ApiPage() {
    }

    /** Returns the packages of each audience, as docs/audiences.txt lists them. */
    static Map<String, List<String>> audiences() throws IOException {
        Map<String, List<String>> audiences = new LinkedHashMap<>();
        List<String> packages = null;
        for (String line : Files.readAllLines(AUDIENCES)) {
            if (line.startsWith(" ")) {
                packages.add(line.strip());
            } else if (!line.isBlank() && !line.startsWith("#")) {
                packages = new ArrayList<>();
                audiences.put(line.strip(), packages);
            }
        }
        return audiences;
    }

    /** Returns the version of each exported package, as its package-info states it. */
    static Map<String, String> versions() throws IOException {
        Map<String, String> versions = new TreeMap<>();
        for (Map.Entry<String, Path> type : MainSources.all().entrySet()) {
            Path info = type.getValue().resolveSibling("package-info.java");
            boolean ours = type.getKey().startsWith("vfio."); // else of an example
            if (ours && Files.exists(info) && Files.readString(info).contains("\n@Export")) {
                Matcher version = VERSION.matcher(Files.readString(info));
                versions.put(Layers.packageOf(type.getKey()), version.find() ? version.group(1) : "0");
            }
        }
        return versions;
    }

    /** Returns the page; a listed package that no bundle exports is left out. */
    static String write() throws IOException {
        Map<String, String> versions = versions();
        StringBuilder page = new StringBuilder("""
                <!-- SPDX-License-Identifier: Apache-2.0. Written from audiences.txt and the sources by docs/draw. -->
                # What the bundles export

                The exported types by the people who write code against them, each package with its version.
                """);
        for (Map.Entry<String, List<String>> audience : audiences().entrySet()) {
            page.append("\n## ").append(audience.getKey()).append('\n');
            for (String name : audience.getValue()) {
                if (versions.containsKey(name)) {
                    page.append("\n### ").append(name).append(' ').append(versions.get(name)).append("\n\n")
                            .append(table(name));
                }
            }
        }
        return page.toString();
    }

    private static String table(String name) throws IOException {
        StringBuilder table = new StringBuilder("| type | |\n|---|---|\n");
        for (Map.Entry<String, Path> type : MainSources.all().entrySet()) {
            if (Layers.packageOf(type.getKey()).equals(name)) {
                table.append(row(type.getKey(), Files.readString(type.getValue())));
            }
        }
        return table.toString();
    }

    /** Returns the row of a type, nothing for one that is not public. */
    private static String row(String type, String source) {
        Matcher declared = TYPE.matcher(source);
        if (!declared.find()) {
            return "";
        }
        String head = source.substring(0, declared.start());
        int doc = head.lastIndexOf("/**");
        return "| `%s` | %s |\n".formatted(type.substring(type.lastIndexOf('.') + 1),
                doc < 0 ? "" : sentence(head.substring(doc + 3, head.indexOf("*/", doc))));
    }

    /** Returns the first sentence of a Javadoc, as Markdown. */
    static String sentence(String doc) {
        String text = doc.replaceAll("\n *\\*", " ").strip().replaceAll("\\s+", " ");
        String first = text.split(" @(?=[a-z])|(?<=\\.) (?=[^a-z])|<p>")[0].strip();
        String linked = LINK.matcher(first).replaceAll(link -> Matcher.quoteReplacement(
                link.group(2) == null ? "`" + link.group(1).replace('#', '.') + "`" : link.group(2)));
        return CODE.matcher(linked).replaceAll("`$1`").replace("|", "\\|");
    }
}
