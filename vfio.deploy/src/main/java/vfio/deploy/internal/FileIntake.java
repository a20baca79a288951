// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The intake of files: a file that came or changed is trusted or not, staged and inspected. Used by the deploy thread alone.
 */
final class FileIntake {
    private final Staging staging;
    private final Trust trust;
    private final DriverBundles bundles;
    private long arrivals;

    FileIntake(Staging staging, Trust trust, DriverBundles bundles) {
        this.staging = staging;
        this.trust = trust;
        this.bundles = bundles;
    }

    /**
     * Reads a file that came or changed.
     *
     * @param before the file as it was last read, or null
     * @return the file as it is now; {@code before} where it was only touched, or has changed again, which the next scan
     *     tells
     */
    DriverFile read(FileArrivals.FileChange change, DriverFile before) {
        Path path = change.path();
        if (change.objection() != null) {
            return refused(path, change.objection());
        }
        try {
            return stage(path, change.stamp(), before);
        } catch (NoSuchFileException e) {
            return before; // deleted meanwhile, which the next scan tells
        } catch (JarRefusal e) {
            return refused(path, e.getMessage());
        } catch (IOException | RuntimeException | LinkageError | VirtualMachineError e) { // the next file may be better
            return refused(path, "cannot be read: " + PlainText.causes(e));
        }
    }

    /** Reads a file again that has not changed. */
    DriverFile again(DriverFile file) {
        try {
            DriverFile now = read(new FileArrivals.FileChange(file.path, FileStamp.of(file.path), null), null);
            return now == null ? file : now;
        } catch (IOException e) {
            return file; // gone meanwhile, which the next scan tells
        }
    }

    private DriverFile refused(Path path, String reason) {
        return DriverFile.refused(path, ++arrivals, null, null, reason);
    }

    private DriverFile stage(Path path, FileStamp stamp, DriverFile before) throws IOException, JarRefusal {
        Path real = trust.check(path);
        if (!FileStamp.of(real).sameFileAs(stamp)) {
            return before; // changed since it was seen
        }
        String digest = staging.copy(real);
        if (!FileStamp.of(real).sameFileAs(stamp)) {
            return before; // changed while it was copied
        }
        boolean touched = before != null && before.build != null && before.build.digest().equals(digest) && before.usable();
        return touched ? before : inspect(path, digest);
    }

    private DriverFile inspect(Path path, String digest) throws IOException {
        DriverJar jar = null;
        try {
            jar = ManifestReader.read(staging.path(digest));
            JarInspection.read(staging.path(digest), bundles.platform());
            return new DriverFile(path, ++arrivals, new Build(jar.symbolicName(), jar.version(), digest), jar);
        } catch (JarRefusal e) {
            Build build = jar == null ? null : new Build(jar.symbolicName(), jar.version(), digest);
            return DriverFile.refused(path, ++arrivals, build, jar, e.getMessage());
        }
    }
}
