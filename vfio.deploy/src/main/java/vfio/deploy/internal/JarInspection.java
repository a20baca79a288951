// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.osgi.framework.namespace.IdentityNamespace;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.resource.Capability;

/** The inspection of a staged jar, of every byte, before the framework sees it. */
final class JarInspection {
    private static final long MOST_BYTES = 128L << 20;
    private static final List<String> API = List.of("vfio.core", "vfio.pci.core");
    /** The packages that drivers expect from the installation alone. */
    private static final List<String> OURS = List.of("vfio.core", "vfio.pci.core", "vfio.os", "vfio.hardware", "vfio.deploy",
            "vfio.admin", "vfio.shell");
    private static final Set<String> CORES = Set.of("vfio.core", "vfio.pci.core", "vfio.os");
    private static final Pattern ABSOLUTE = Pattern.compile("/.*|[A-Za-z]:.*");
    private static final Pattern NATIVE = Pattern.compile(".*\\.(so(\\.[0-9.]+)?|dll|dylib|jnilib)");
    private static final Pattern VERSIONED = Pattern.compile("META-INF/versions/[0-9]+/");

    private final DriverJar jar;
    private final Path scratch;
    private final List<String> roots;
    private long inflated;
    private int entries;

    private JarInspection(DriverJar jar, Path scratch) {
        this.jar = jar;
        this.scratch = scratch;
        roots = Stream.of(jar.header("Bundle-ClassPath").split(",")).map(path -> path.split(";")[0].strip())
                .map(path -> path.startsWith("/") ? path.substring(1) : path)
                .filter(path -> !path.isEmpty() && !path.equals(".")).map(path -> path.endsWith("/") ? path : path + "/")
                .toList();
    }

    /**
     * Reads a jar, and the jars inside it, which are copied to a file beside it.
     *
     * @param file in a folder of deployment's own
     * @param platform symbolic names of the installation's own bundles
     * @throws JarRefusal where the jar is corrupt or unbounded, or does what a driver's jar may not do
     */
    static DriverJar read(Path file, Set<String> platform) throws JarRefusal, IOException {
        Path scratch = Files.createTempFile(file.toAbsolutePath().getParent(), "inside", ".tmp");
        try (ZipFile zip = BoundedZip.open(file)) {
            DriverJar jar = ManifestReader.read(zip, file);
            JarInspection inspection = new JarInspection(jar, scratch);
            inspection.manifest(platform);
            inspection.contents(zip, true);
            return jar;
        } catch (ZipException | EOFException | IllegalArgumentException e) { // the last: a name that is no UTF-8
            throw new JarRefusal("corrupt zip: " + e.getMessage());
        } finally {
            Files.delete(scratch);
        }
    }

    private void manifest(Set<String> platform) throws JarRefusal {
        String name = jar.symbolicName();
        if (CORES.contains(name) || platform.contains(name)) {
            throw new JarRefusal("symbolic name " + name + " belongs to a bundle of this installation");
        }
        Capability identity = jar.resource().getCapabilities(IdentityNamespace.IDENTITY_NAMESPACE).get(0);
        if ("true".equals(identity.getDirectives().get(IdentityNamespace.CAPABILITY_SINGLETON_DIRECTIVE))
                || Pattern.compile("singleton\\s*:=\\s*\"?\\s*true").matcher(jar.header("Bundle-SymbolicName")).find()) {
            throw new JarRefusal("a singleton: a driver is none, so that old and new can be here during an upgrade");
        }
        for (Capability exported : jar.resource().getCapabilities(PackageNamespace.PACKAGE_NAMESPACE)) {
            String exportedName = String.valueOf(exported.getAttributes().get(PackageNamespace.PACKAGE_NAMESPACE));
            if (isIn(OURS, exportedName)) {
                throw new JarRefusal("it exports package " + exportedName + ", which is the installation's; import it");
            }
        }
        if (!jar.header("Bundle-NativeCode").isBlank()) {
            throw nativeCode("Bundle-NativeCode");
        }
    }

    private static JarRefusal nativeCode(String what) {
        return new JarRefusal("it carries native code (" + what + "): a library cannot be loaded by the old and the new "
                + "build of a driver at once, so native code lives in the installation's own bundles alone");
    }

    private static boolean isIn(List<String> roots, String name) {
        return roots.stream().anyMatch(api -> name.equals(api) || name.startsWith(api + "."));
    }

    /**
     * Inspects the entries of a zip.
     *
     * @param outer whether the framework looks for jars in the zip
     */
    private void contents(ZipFile zip, boolean outer) throws JarRefusal, IOException {
        Set<String> names = new HashSet<>();
        for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements();) {
            ZipEntry entry = all.nextElement();
            name(entry.getName());
            if (!names.add(entry.getName()) && !entry.isDirectory()) {
                throw new JarRefusal("entry " + entry.getName() + " is there twice");
            }
            content(zip, entry, outer);
        }
    }

    private void content(ZipFile zip, ZipEntry entry, boolean outer) throws JarRefusal, IOException {
        String name = entry.getName();
        boolean jar = outer && (name.toLowerCase(Locale.ROOT).endsWith(".jar") || roots.contains(name + "/"));
        CRC32 crc = new CRC32(); // ZipFile itself does not compare it
        try (InputStream in = new CheckedInputStream(zip.getInputStream(entry), crc);
                OutputStream out = jar ? Files.newOutputStream(scratch) : OutputStream.nullOutputStream()) {
            inflate(in, out);
        } catch (ZipException | EOFException e) {
            throw new JarRefusal("corrupt zip: entry " + name + ": " + e.getMessage());
        }
        if (entry.getCrc() != crc.getValue()) {
            throw new JarRefusal("corrupt zip: entry " + name + " has another checksum; copy the file again");
        }
        if (jar) {
            inside(name);
        }
    }

    /** Inspects a jar inside, which the framework opens by its central directory too, once a class is looked for. */
    private void inside(String path) throws JarRefusal, IOException {
        try (ZipFile zip = BoundedZip.open(scratch)) {
            contents(zip, false);
        } catch (JarRefusal e) {
            throw new JarRefusal("entry " + path + ": " + e.getMessage());
        } catch (ZipException | EOFException | IllegalArgumentException e) {
            throw new JarRefusal("entry " + path + ": corrupt zip: " + e.getMessage());
        }
    }

    private void name(String name) throws JarRefusal {
        if (++entries > BoundedZip.MOST_ENTRIES) {
            throw new JarRefusal("more than " + BoundedZip.MOST_ENTRIES + " entries");
        }
        if (ABSOLUTE.matcher(name).matches() || name.indexOf('\\') >= 0 || List.of(name.split("/")).contains("..")) {
            throw new JarRefusal("entry " + name + " leads out of the jar");
        }
        if (name.codePoints().anyMatch(PlainText::control)) {
            throw new JarRefusal("entry " + name + " has control characters in its name");
        }
        if (NATIVE.matcher(name.toLowerCase(Locale.ROOT)).matches()) {
            throw nativeCode(name);
        }
        if (name.endsWith(".class")) {
            api(name);
        }
    }

    /** Refuses a class of the API, under each root from which the framework may load it. */
    private void api(String name) throws JarRefusal {
        String plain = VERSIONED.matcher(name).replaceFirst("");
        for (String root : Stream.concat(Stream.of(""), roots.stream()).toList()) {
            String path = plain.startsWith(root) ? plain.substring(root.length()) : plain;
            int slash = path.lastIndexOf('/');
            if (slash > 0 && isIn(API, path.substring(0, slash).replace('/', '.'))) {
                throw new JarRefusal("it embeds " + name + ": the API's classes are the installation's; import the package");
            }
        }
    }

    private void inflate(InputStream in, OutputStream out) throws JarRefusal, IOException {
        byte[] chunk = new byte[1 << 14];
        for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
            inflated += n;
            if (inflated > MOST_BYTES) {
                throw new JarRefusal("it inflates to more than " + (MOST_BYTES >> 20) + " MiB");
            }
            out.write(chunk, 0, n);
        }
    }
}
