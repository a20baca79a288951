// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/** Every class leaves as many files, mappings of them and threads of ours as it found; JUnit finds this by itself. */
public final class Leaks implements BeforeAllCallback, AfterAllCallback {
    private static final Namespace OURS = Namespace.create(Leaks.class);
    private static final String FILES = "anon_inode:.*|socket:.*|/dev/(vfio|iommu).*|/memfd:.*";
    private static final String MAPPINGS = ".*(/dev/vfio|anon_inode:|memfd:).*";

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        // The machine keeps a socket from its first channel on: of any kind in JDK 17, of sockets in JDK 25.
        FileChannel.open(Path.of("/proc/self/maps")).close();
        SocketChannel.open(StandardProtocolFamily.UNIX).close();
        context.getStore(OURS).put("before", held());
    }

    /** Threads end soon, and memory that is unreachable is unmapped by the collector. */
    @Override
    public void afterAll(ExtensionContext context) {
        Map<?, ?> before = context.getStore(OURS).get("before", Map.class);
        Awaitility.await("what " + context.getDisplayName() + " leaves").untilAsserted(() -> {
            System.gc();
            Map<String, Long> after = held();
            after.forEach((what, count) -> {
                if (count > (before.get(what) instanceof Long had ? had : 0)) {
                    throw new AssertionError(count + " of " + what + ", before " + before);
                }
            });
        });
    }

    private static Map<String, Long> held() throws IOException {
        Map<String, Long> held = new TreeMap<>();
        for (String file : files()) {
            held.merge("file " + file, 1L, Long::sum);
        }
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            maps.filter(line -> line.matches(MAPPINGS))
                    .forEach(line -> held.merge("mapping " + line.replaceAll(".* ", ""), 1L,
                    Long::sum));
        }
        Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("vfio-"))
                .forEach(thread -> held.merge("thread " + thread.getName(), 1L, Long::sum));
        return held;
    }

    private static List<String> files() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.map(Leaks::target).filter(target -> target.matches(FILES))
                    .map(target -> target.replaceAll("[0-9]{3,}", "N")).toList();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) { // closed meanwhile, as the one that lists them
            return "";
        }
    }
}
