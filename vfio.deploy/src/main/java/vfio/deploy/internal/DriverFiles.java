// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The files in the folders as they were last handled. Used by the deploy thread alone. */
final class DriverFiles {
    private final FileIntake intake;
    private final Map<Path, DriverFile> files = new TreeMap<>();

    DriverFiles(FileIntake intake) {
        this.intake = intake;
    }

    /** Takes in a file that came, changed or went. */
    void take(FileArrivals.FileChange change) {
        Path path = change.path();
        DriverFile now = change.stamp() == null ? null : intake.read(change, files.get(path));
        if (now == null) {
            files.remove(path);
        } else {
            files.put(path, now);
        }
    }

    /** Takes in again the files of a symbolic name that have failed, so that they may be wanted. */
    void retake(String name) {
        for (DriverFile file : all()) {
            if (file.state() == FileState.FAILED && file.build.symbolicName().equals(name)) {
                files.put(file.path, intake.again(file));
            }
        }
    }

    /** Returns all files, by path. */
    List<DriverFile> all() {
        return List.copyOf(files.values());
    }

    /** Returns the file at a path, or null. */
    DriverFile at(Path path) {
        return files.get(path);
    }

    /** Returns the file at the home of a running build where the file still has that build and may be used; else null. */
    DriverFile homeOf(RunningBuild running) {
        DriverFile file = files.get(running.home());
        return file != null && file.usable() && file.build.equals(running.build()) ? file : null;
    }

    /** Returns the files of a symbolic name that may be used. */
    List<DriverFile> usable(String name) {
        return named(files.values().stream(), name);
    }

    /** Returns the files of a symbolic name that may be used, those that have failed included; their builds are staged. */
    List<DriverFile> candidates(String name) {
        return named(files.values().stream().map(file -> file.state() == FileState.FAILED ? intake.again(file) : file), name);
    }

    private static List<DriverFile> named(Stream<DriverFile> files, String name) {
        return files.filter(file -> file.usable() && file.build.symbolicName().equals(name)).toList();
    }

    /** Returns the symbolic names of the files that may be used. */
    Set<String> names() {
        Set<String> names = new TreeSet<>();
        files.values().stream().filter(DriverFile::usable).forEach(file -> names.add(file.build.symbolicName()));
        return names;
    }

    /** Returns the symbolic names of all files by what names each: that name, and the name of each driver in it. */
    Map<String, String> byDriver() {
        Map<String, String> names = new TreeMap<>();
        files.values().stream().filter(file -> file.build != null && file.jar != null).forEach(file -> file.jar.drivers()
                .forEach(ids -> names.putIfAbsent(ids.driver(), file.build.symbolicName())));
        files.values().stream().filter(file -> file.build != null).map(file -> file.build.symbolicName())
                .forEach(name -> names.put(name, name));
        return names;
    }

    /** Returns the digests of the builds that may still be installed. */
    Set<String> digests() {
        Set<String> digests = new HashSet<>();
        files.values().stream().filter(file -> file.state() != FileState.REFUSED && file.state() != FileState.FAILED)
                .forEach(file -> digests.add(file.build.digest()));
        return digests;
    }
}
