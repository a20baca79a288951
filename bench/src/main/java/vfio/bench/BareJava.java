// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The command that starts a {@link BareFramework} by the means that {@code ./vfio run} gives a daemon: the same Java, options
 * and environment, read from a daemon's process, and an archive of parsed classes where the daemon has one.
 *
 * @param command the program and its options, the class path among them
 * @param environment all of it
 */
record BareJava(List<String> command, Map<String, String> environment) {
    private static final String ARCHIVE = "-XX:SharedArchiveFile=";

    /** Starts a daemon, reads its command line and stops it; then makes the archive. */
    static BareJava asOfDaemon(Place place) throws IOException, InterruptedException {
        String program;
        List<String> options;
        Map<String, String> environment;
        try (VfioRun daemon = new VfioRun(place, List.of("vfio.pci.generic"))) {
            daemon.awaitMatching();
            ProcessHandle.Info info = ProcessHandle.of(daemon.pid()).orElseThrow().info();
            program = info.command().orElseThrow();
            List<String> words = List.of(info.arguments().orElseThrow());
            options = words.subList(0, words.indexOf("-cp"));
            environment = environment(daemon.pid());
        }
        BareJava java = new BareJava(List.of(program), environment)
                .with(options.stream().filter(each -> !each.startsWith(ARCHIVE) && !each.startsWith("-Dvfio.")).toList())
                .with(List.of("-cp", place.jar("bench/target", "bench") + ":"
                        + place.jar("bench/target/lib", "org.apache.felix.framework")));
        return options.stream().anyMatch(option -> option.startsWith(ARCHIVE)) ? java.archived(place) : java;
    }

    /** As the script makes the daemon's archive: by a run that keeps its classes at its end. */
    private BareJava archived(Place place) throws IOException, InterruptedException {
        Path archive = place.folder("archive").resolve("bare.jsa");
        BareJava keeping = with(List.of("-Xlog:disable", "-XX:ArchiveClassesAtExit=" + archive));
        try (BareProcess once = new BareProcess(place, keeping)) {
            once.awaitActive();
        }
        if (!Files.exists(archive)) {
            throw new IOException("a bare framework left no archive of its classes, though the daemon has one");
        }
        return with(List.of(ARCHIVE + archive));
    }

    private BareJava with(List<String> more) {
        List<String> all = new ArrayList<>(command);
        all.addAll(more);
        return new BareJava(all, environment);
    }

    private static Map<String, String> environment(long pid) throws IOException {
        Map<String, String> environment = new HashMap<>();
        String text = Files.readString(Path.of("/proc", Long.toString(pid), "environ"), Charset.defaultCharset());
        for (String variable : text.split("\0")) {
            int equals = variable.indexOf('=');
            environment.put(variable.substring(0, equals), variable.substring(equals + 1));
        }
        return environment;
    }
}
