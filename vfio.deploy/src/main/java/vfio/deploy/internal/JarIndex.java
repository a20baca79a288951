// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.felix.utils.resource.CapabilityImpl;
import org.osgi.service.repository.ContentNamespace;
import vfio.pci.core.alias.AliasLine;

/**
 * The index of driver jars, installed or not, by the declarations of their manifests. A jar is read again only when it has
 * changed; other files are left out.
 */
final class JarIndex {
    private final FolderScan folders;
    private Map<Path, Entry> entries = Map.of();

    private record Entry(FileStamp stamp, Optional<DriverJar> jar) {
    }

    JarIndex(List<Path> folders) {
        this.folders = new FolderScan(folders);
    }

    /** Returns the driver jars, ordered by path. */
    synchronized List<DriverJar> jars() {
        Map<Path, Entry> now = new TreeMap<>();
        FolderScan.Listing scan = folders.read();
        scan.files().forEach((path, stamp) -> {
            Entry known = entries.get(path);
            now.put(path, known != null && known.stamp().equals(stamp) ? known : new Entry(stamp, read(path, stamp)));
        });
        entries.forEach((path, known) -> {
            if (scan.hides(path)) {
                now.put(path, known);
            }
        });
        entries = now;
        List<DriverJar> jars = new ArrayList<>();
        now.values().forEach(entry -> entry.jar().ifPresent(jars::add));
        return jars;
    }

    private static Optional<DriverJar> read(Path path, FileStamp stamp) {
        if (!stamp.regular() || stamp.size() > Staging.LARGEST) {
            return Optional.empty();
        }
        try {
            DriverJar jar = ManifestReader.read(path);
            Map<String, Object> content = Map.of(ContentNamespace.CONTENT_NAMESPACE, digest(path),
                    ContentNamespace.CAPABILITY_URL_ATTRIBUTE, path.toUri().toString(),
                    ContentNamespace.CAPABILITY_SIZE_ATTRIBUTE, stamp.size(),
                    ContentNamespace.CAPABILITY_MIME_ATTRIBUTE, "application/vnd.osgi.bundle");
            jar.resource().addCapability(
                    new CapabilityImpl(jar.resource(), ContentNamespace.CONTENT_NAMESPACE, Map.of(), content));
            return Optional.of(jar);
        } catch (JarRefusal | IOException e) {
            return Optional.empty();
        }
    }

    private static String digest(Path path) throws IOException {
        MessageDigest sha = Staging.sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(path), sha)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(sha.digest());
    }

    /** Returns the alias lines of all driver jars, sorted, each once. */
    List<String> aliases() {
        return jars().stream().flatMap(jar -> jar.drivers().stream()).flatMap(driver -> driver.aliasLines().stream())
                .map(AliasLine::toString).sorted().distinct().toList();
    }
}
