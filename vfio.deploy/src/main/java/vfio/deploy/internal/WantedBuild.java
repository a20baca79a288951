// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.osgi.framework.Version;

/**
 * The build of one symbolic name that shall run: the pinned version or the highest, of equal versions the later file, of
 * equal contents the file it runs from already or else the earlier one.
 *
 * @param file the file of the build; empty where the running build's own file now holds unusable content, which is no reason
 *     to stop the build, and where a build is held whose file is gone
 */
record WantedBuild(Build build, Optional<DriverFile> file) {

    /**
     * Chooses the build; empty where none shall run.
     *
     * @param files all files of this symbolic name that may be used
     * @param running the running build of this name, or null
     * @param kept whether the running build's file is still there, but unusable now
     * @param pin the pinned version, or null
     */
    static Optional<WantedBuild> choose(Collection<DriverFile> files, RunningBuild running, boolean kept, Version pin) {
        Stream<WantedBuild> ofFiles = files.stream().map(file -> new WantedBuild(file.build, Optional.of(file)));
        boolean ghost = kept && files.stream().noneMatch(file -> file.build.equals(running.build()));
        Stream<WantedBuild> ofRunning = ghost ? Stream.of(new WantedBuild(running.build(), Optional.empty()))
                : Stream.empty();
        List<WantedBuild> all = Stream.concat(ofFiles, ofRunning)
                .filter(wanted -> pin == null || wanted.build().version().equals(pin)).toList();
        return all.stream().max(Comparator.comparing((WantedBuild wanted) -> wanted.build().version())
                .thenComparing(WantedBuild::arrival)).map(best -> best.home(all, running));
    }

    private long arrival() {
        return file.map(f -> f.arrival).orElse(-1L);
    }

    /** Returns the file, of all with the same content, that is not a duplicate. */
    private WantedBuild home(List<WantedBuild> all, RunningBuild running) {
        return all.stream().filter(other -> other.build().equals(build)).min(Comparator
                .comparing((WantedBuild other) -> !other.isHomeOf(running)).thenComparing(WantedBuild::arrival)).orElse(this);
    }

    private boolean isHomeOf(RunningBuild running) {
        return running != null && file.map(f -> f.path.equals(running.home())).orElse(true);
    }

    /** Sets the state of another usable file of the name. */
    void pass(DriverFile other, Version pin) {
        if (other.build.equals(build)) {
            other.become(FileState.DUPLICATE, "the same content as " + file.map(DriverFile::name).orElse("what runs"));
        } else if (other.build.version().equals(build.version())) {
            other.become(FileState.SUPERSEDED, "the same version, replaced by "
                    + file.map(f -> "the later file " + f.name()).orElse("what runs"));
        } else {
            other.become(FileState.SUPERSEDED, (pin == null ? "version " : "pinned to version ") + build.version()
                    + (pin == null ? " is higher" : ""));
        }
    }
}
