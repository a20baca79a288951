// SPDX-License-Identifier: Apache-2.0
package conformance;

import io.github.classgraph.AnnotationInfo;
import io.github.classgraph.AnnotationInfoList;
import io.github.classgraph.ClassGraph;
import io.github.classgraph.ClassInfo;
import io.github.classgraph.MethodInfo;
import io.github.classgraph.ScanResult;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Finds the tags of compiled tests without loading or running them. Other tags than ids of rules are left alone. */
final class TaggedTests {
    /** Each kind and what holds several of it, which the scanner cannot know without the libraries. */
    private static final Set<String> TAG = Set.of("org.junit.jupiter.api.Tag", "net.jqwik.api.Tag");
    private static final Set<String> TAGS = Set.of("org.junit.jupiter.api.Tags", "net.jqwik.api.TagList");
    private static final Pattern ID = Pattern.compile("[A-Z][0-9]+(\\.[0-9]+)?-[0-9]+");

    private final SortedMap<String, SortedSet<TaggedTest>> byId = new TreeMap<>();

    private TaggedTests() {
    }

    /**
     * @param classes folders of compiled tests; none of them has to exist
     * @return tests by the id of the rule
     */
    static SortedMap<String, SortedSet<TaggedTest>> scan(Collection<Path> classes) {
        TaggedTests tests = new TaggedTests();
        if (classes.isEmpty()) {
            return tests.byId;
        }
        ClassGraph graph = new ClassGraph().overrideClasspath(classes).enableMethodInfo().enableAnnotationInfo()
                .ignoreClassVisibility().ignoreMethodVisibility();
        try (ScanResult found = graph.scan()) {
            found.getAllClasses().forEach(tests::add);
        }
        return tests.byId;
    }

    private void add(ClassInfo type) {
        Set<String> runners = new TreeSet<>(type.getSubclasses().getNames());
        runners.add(type.getName());
        add(type.getAnnotationInfo().directOnly(), new TaggedTest(type.getName(), "", runners));
        for (MethodInfo method : type.getDeclaredMethodInfo()) {
            add(method.getAnnotationInfo(), new TaggedTest(type.getName(), method.getName(), runners));
        }
    }

    private void add(AnnotationInfoList annotations, TaggedTest test) {
        for (AnnotationInfo annotation : annotations) {
            Object value = annotation.getParameterValues().getValue("value");
            if (TAG.contains(annotation.getName())) {
                add((String) value, test);
            } else if (TAGS.contains(annotation.getName())) {
                for (Object tag : (Object[]) value) {
                    add((String) ((AnnotationInfo) tag).getParameterValues().getValue("value"), test);
                }
            }
        }
    }

    private void add(String tag, TaggedTest test) {
        if (ID.matcher(tag).matches()) {
            byId.computeIfAbsent(tag, key -> new TreeSet<>()).add(test);
        }
    }
}
