// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import aQute.bnd.header.OSGiHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Holds docs/api.md to the sources, and docs/audiences.txt to what the built bundles export. */
class ApiPageTest {
    @Test
    void everyExportedPackageHasOneAudience() throws IOException {
        List<String> listed = new ArrayList<>();
        ApiPage.audiences().values().forEach(listed::addAll);
        assertEquals(List.copyOf(exported().keySet()), listed.stream().sorted().toList(), "packages in " + ApiPage.AUDIENCES);
    }

    @Test
    void versionsAreThoseOfTheBundles() throws IOException {
        assertEquals(exported(), ApiPage.versions());
    }

    @Test
    void pageIsWrittenFromTheSources() throws IOException {
        assertEquals(ApiPage.write(), Files.readString(ApiPage.FILE),
                "docs/api.md is not of docs/audiences.txt and the sources; 'docs/draw' writes it");
    }

    @Test
    void firstSentenceIsMarkdown() {
        assertEquals("A word, as `Region.read` or a map has it (§6.2, `a\\|b`).",
                ApiPage.sentence("\n * A word, as {@link vfio.core.device.Region#read} or {@link Map a map}\n"
                        + " * has it (§6.2, {@code a|b}). More.\n *\n * @param x y\n "));
    }

    /** Returns the versions of our own packages that the built bundles of the product export. */
    private static Map<String, String> exported() {
        Map<String, String> exported = new TreeMap<>();
        ReactorBundles.all().stream().filter(built -> built.name().startsWith("vfio.")).forEach(built ->
                OSGiHeader.parseHeader(built.header("Export-Package")).forEach((name, attributes) -> {
                    if (name.startsWith("vfio.")) {
                        exported.put(name, attributes.getVersion());
                    }
                }));
        return exported;
    }
}
