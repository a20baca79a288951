// SPDX-License-Identifier: Apache-2.0
package conformance;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** What Maven's reports say of the tests that ran. */
final class TestReports {
    private static final Set<String> NOT_GREEN = Set.of("failure", "error", "skipped");

    /** What became of a test, over all its runs. */
    enum Outcome { PASSED, NOT_PASSED, NOT_RUN }

    private record Run(String className, String name, boolean green) {
        boolean isOf(TaggedTest test, String runner) {
            if (test.method().isEmpty()) {
                return className.equals(runner) || className.startsWith(runner + "$");
            }
            return className.equals(runner) && method().equals(test.method());
        }

        /** Reports write a repeated or parameterised run as {@code name(int)[1]}, {@code name{int}[1]}, {@code name[1]}. */
        private String method() {
            return name.split("[({\\[ ]", 2)[0];
        }
    }

    private final Map<String, List<Run>> byTopClass = new HashMap<>();

    private TestReports() {
    }

    /** @param modules folders of modules; reports older than the class they tell of are no reports of it */
    static TestReports read(Collection<Path> modules) throws IOException {
        TestReports reports = new TestReports();
        for (Path module : modules) {
            for (String kind : List.of("surefire-reports", "failsafe-reports")) {
                reports.readFolder(module.resolve("target"), kind);
            }
        }
        return reports;
    }

    private void readFolder(Path target, String kind) throws IOException {
        Path folder = target.resolve(kind);
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "TEST-*.xml")) {
            for (Path file : files) {
                for (Run run : runs(file)) {
                    if (isFresh(file, target.resolve("test-classes").resolve(run.className.replace('.', '/') + ".class"))) {
                        byTopClass.computeIfAbsent(topClass(run.className), key -> new ArrayList<>()).add(run);
                    }
                }
            }
        }
    }

    private static boolean isFresh(Path report, Path compiled) throws IOException {
        return Files.exists(compiled)
                && Files.getLastModifiedTime(report).compareTo(Files.getLastModifiedTime(compiled)) >= 0;
    }

    private static List<Run> runs(Path file) throws IOException {
        List<Run> runs = new ArrayList<>();
        XMLInputFactory factory = XMLInputFactory.newFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        try (InputStream in = Files.newInputStream(file)) {
            XMLStreamReader xml = factory.createXMLStreamReader(in);
            while (xml.hasNext()) {
                if (xml.next() == XMLStreamConstants.START_ELEMENT) {
                    read(xml, runs);
                }
            }
        } catch (XMLStreamException e) {
            throw new IOException("read " + file + ": no report of tests: " + e.getMessage(), e);
        }
        return runs;
    }

    private static void read(XMLStreamReader xml, List<Run> runs) {
        if (xml.getLocalName().equals("testcase")) {
            String name = xml.getAttributeValue(null, "name");
            runs.add(new Run(xml.getAttributeValue(null, "classname"), name == null ? "" : name, true));
        } else if (NOT_GREEN.contains(xml.getLocalName()) && !runs.isEmpty()) {
            Run last = runs.remove(runs.size() - 1);
            runs.add(new Run(last.className, last.name, false));
        }
    }

    /** Passed only where every run of it did, and there was one. */
    Outcome of(TaggedTest test) {
        List<Run> runs = new ArrayList<>();
        for (String runner : test.runners()) {
            List<Run> ofClass = byTopClass.getOrDefault(topClass(runner), List.of());
            ofClass.stream().filter(run -> run.isOf(test, runner)).forEach(runs::add);
        }
        if (runs.isEmpty()) {
            return Outcome.NOT_RUN;
        }
        return runs.stream().allMatch(Run::green) ? Outcome.PASSED : Outcome.NOT_PASSED;
    }

    private static String topClass(String className) {
        int nested = className.indexOf('$');
        return nested < 0 ? className : className.substring(0, nested);
    }
}
