// SPDX-License-Identifier: Apache-2.0
package conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;

/** A reactor of one module in a folder of a test: some sample classes, the reports and rules a test gives it. */
final class SampleReactor {
    private static final FileTime COMPILED = FileTime.fromMillis(1_000_000);
    private final Path root;

    /** @param classes simple names of samples that the module consists of */
    SampleReactor(Path root, String... classes) throws IOException {
        this.root = root;
        Files.writeString(root.resolve("pom.xml"), "<project>"
                + "<modules><module>m</module><module>conformance</module></modules>"
                + "<profiles><profile><modules><module>later</module></modules></profile></profiles></project>");
        Path compiled = Files.createDirectories(root.resolve("m/target/test-classes/conformance/samples"));
        for (String name : classes) {
            Path copy = compiled.resolve(name + ".class");
            Files.write(copy, SampleReactor.class.getResourceAsStream("samples/" + name + ".class").readAllBytes());
            Files.setLastModifiedTime(copy, COMPILED);
        }
        Files.createDirectories(root.resolve("docs"));
    }

    /** @param rows of section X1, X1.2 and so on, as {@code X1-1} or {@code X1-1 open} or {@code X1-1 unreachable} */
    SampleReactor rules(String section, String... rows) throws IOException {
        StringBuilder yaml = new StringBuilder("- section: " + section + "\n  title: of samples\n  rows:\n");
        for (String row : rows) {
            String[] words = row.split(" ");
            yaml.append("    - id: ").append(words[0]);
            yaml.append("\n      when: a | b <c>\n      then: EINVAL\n      source: x.c\n");
            if (words.length > 1) {
                yaml.append("      ").append(words[1]).append(words[1].equals("open") ? ": true\n" : ": no way there\n");
            }
        }
        Path file = root.resolve("docs/conformance.yaml");
        Files.writeString(file, (Files.exists(file) ? Files.readString(file) : "") + yaml);
        return this;
    }

    /** @param cases as {@code Sample plain} or {@code Sample plain failure} */
    SampleReactor report(String kind, String... cases) throws IOException {
        StringBuilder xml = new StringBuilder("<testsuite>");
        for (String line : cases) {
            String[] words = line.split(" ");
            xml.append("<testcase classname='conformance.samples.").append(words[0]).append("' name='").append(words[1]);
            xml.append(words.length > 2 ? "'><" + words[2] + "/></testcase>" : "'/>");
        }
        Path folder = Files.createDirectories(root.resolve("m/target/" + kind));
        Files.writeString(folder.resolve("TEST-" + kind + ".xml"), xml.append("</testsuite>"));
        return this;
    }

    /** Lets the class be compiled after every report. */
    SampleReactor recompile(String name) throws IOException {
        Path copy = root.resolve("m/target/test-classes/conformance/samples/" + name + ".class");
        Files.setLastModifiedTime(copy, FileTime.fromMillis(Files.getLastModifiedTime(
                root.resolve("m/target/surefire-reports/TEST-surefire-reports.xml")).toMillis() + 10_000));
        return this;
    }

    SampleReactor update() throws IOException {
        Conformance.of(root).update();
        return this;
    }

    List<String> problems() throws IOException {
        return Conformance.of(root).problems();
    }

    String read(String name) throws IOException {
        return Files.readString(root.resolve(name));
    }

    void write(String name, String text) throws IOException {
        Files.writeString(root.resolve(name), text);
    }
}
