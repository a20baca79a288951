// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
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
import java.util.zip.ZipInputStream;
import org.osgi.framework.namespace.IdentityNamespace;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.resource.Capability;

/** One look through a staged jar, every byte of it, before the framework sees it. */
final class JarInspection {
    private static final long MOST_BYTES = 128L << 20;
    private static final List<String> API = List.of("vfio.core", "vfio.pci.core");
    private static final Set<String> CORES = Set.of("vfio.core", "vfio.pci.core", "vfio.os");
    private static final Pattern ABSOLUTE = Pattern.compile("/.*|[A-Za-z]:.*");
    private static final Pattern NATIVE = Pattern.compile(".*\\.(so(\\.[0-9.]+)?|dll|dylib|jnilib)");
    private static final Pattern VERSIONED = Pattern.compile("META-INF/versions/[0-9]+/");

    private final DriverJar jar;
    private final List<String> roots;
    private long inflated;
    private int entries;

    private JarInspection(DriverJar jar) {
        this.jar = jar;
        roots = Stream.of(jar.header("Bundle-ClassPath").split(",")).map(path -> path.split(";")[0].strip())
                .map(path -> path.startsWith("/") ? path.substring(1) : path)
                .filter(path -> !path.isEmpty() && !path.equals(".")).map(path -> path.endsWith("/") ? path : path + "/")
                .toList();
    }

    /**
     * @param platform symbolic names of the installation's own bundles
     * @throws Refusal where it is corrupt, unbounded, or not a driver's place to be what it is
     */
    static DriverJar read(Path file, Set<String> platform) throws Refusal, IOException {
        try (ZipFile zip = BoundedZip.open(file)) {
            DriverJar jar = ManifestReader.read(zip, file);
            JarInspection inspection = new JarInspection(jar);
            inspection.manifest(platform);
            inspection.contents(zip);
            return jar;
        } catch (ZipException | EOFException | IllegalArgumentException e) { // the last: a name that is no UTF-8
            throw new Refusal("corrupt zip: " + e.getMessage());
        }
    }

    private void manifest(Set<String> platform) throws Refusal {
        String name = jar.symbolicName();
        if (CORES.contains(name) || platform.contains(name)) {
            throw new Refusal("symbolic name " + name + " belongs to a bundle of this installation");
        }
        Capability identity = jar.resource().getCapabilities(IdentityNamespace.IDENTITY_NAMESPACE).get(0);
        if ("true".equals(identity.getDirectives().get(IdentityNamespace.CAPABILITY_SINGLETON_DIRECTIVE))
                || Pattern.compile("singleton\\s*:=\\s*\"?\\s*true").matcher(jar.header("Bundle-SymbolicName")).find()) {
            throw new Refusal("a singleton: a driver is none, so that old and new can be here during an upgrade");
        }
        for (Capability exported : jar.resource().getCapabilities(PackageNamespace.PACKAGE_NAMESPACE)) {
            String exportedName = String.valueOf(exported.getAttributes().get(PackageNamespace.PACKAGE_NAMESPACE));
            if (isApi(exportedName)) {
                throw new Refusal("it exports package " + exportedName + ", which is the installation's; import it");
            }
        }
        if (!jar.header("Bundle-NativeCode").isBlank()) {
            throw nativeCode("Bundle-NativeCode");
        }
    }

    private static Refusal nativeCode(String what) {
        return new Refusal("it carries native code (" + what + "): a library cannot be loaded by the old and the new build "
                + "of a driver at once, so native code lives in the installation's own bundles alone");
    }

    private static boolean isApi(String name) {
        return API.stream().anyMatch(api -> name.equals(api) || name.startsWith(api + "."));
    }

    private void contents(ZipFile zip) throws Refusal, IOException {
        Set<String> names = new HashSet<>();
        for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements();) {
            ZipEntry entry = all.nextElement();
            name(entry.getName());
            if (!names.add(entry.getName())) {
                throw new Refusal("entry " + entry.getName() + " is there twice");
            }
            content(zip, entry);
        }
    }

    private void content(ZipFile zip, ZipEntry entry) throws Refusal, IOException {
        CRC32 crc = new CRC32(); // ZipFile itself does not compare it
        try (InputStream in = new CheckedInputStream(zip.getInputStream(entry), crc)) {
            if (entry.getName().toLowerCase(Locale.ROOT).endsWith(".jar") || roots.contains(entry.getName() + "/")) {
                nested(entry.getName(), in);
            } else {
                drain(in);
            }
        } catch (ZipException | EOFException e) {
            throw new Refusal("corrupt zip: entry " + entry.getName() + ": " + e.getMessage());
        }
        if (entry.getCrc() != crc.getValue()) {
            throw new Refusal("corrupt zip: entry " + entry.getName() + " has another checksum; copy the file again");
        }
    }

    private void name(String name) throws Refusal {
        if (++entries > BoundedZip.MOST_ENTRIES) {
            throw new Refusal("more than " + BoundedZip.MOST_ENTRIES + " entries");
        }
        if (ABSOLUTE.matcher(name).matches() || name.indexOf('\\') >= 0 || List.of(name.split("/")).contains("..")) {
            throw new Refusal("entry " + name + " leads out of the jar");
        }
        if (name.codePoints().anyMatch(Text::control)) {
            throw new Refusal("entry " + name + " has control characters in its name");
        }
        if (NATIVE.matcher(name.toLowerCase(Locale.ROOT)).matches()) {
            throw nativeCode(name);
        }
        if (name.endsWith(".class")) {
            api(name);
        }
    }

    /** A class counts under each root from which the framework may load it. */
    private void api(String name) throws Refusal {
        String plain = VERSIONED.matcher(name).replaceFirst("");
        for (String root : Stream.concat(Stream.of(""), roots.stream()).toList()) {
            String path = plain.startsWith(root) ? plain.substring(root.length()) : plain;
            int slash = path.lastIndexOf('/');
            if (slash > 0 && isApi(path.substring(0, slash).replace('/', '.'))) {
                throw new Refusal("it embeds " + name + ": the API's classes are the installation's; import the package");
            }
        }
    }

    /** The framework opens it as it does the jar around it, once a class is looked for. */
    private void nested(String path, InputStream in) throws Refusal, IOException {
        TailInputStream tail = new TailInputStream(in);
        ZipInputStream inner = new ZipInputStream(tail);
        for (ZipEntry entry = inner.getNextEntry(); entry != null; entry = inner.getNextEntry()) {
            name(entry.getName());
            drain(inner);
        }
        drain(tail);
        try {
            BoundedZip.check(tail.end());
        } catch (Refusal e) {
            throw new Refusal("entry " + path + ": " + e.getMessage());
        }
    }

    private void drain(InputStream in) throws Refusal, IOException {
        byte[] chunk = new byte[1 << 14];
        for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
            inflated += n;
            if (inflated > MOST_BYTES) {
                throw new Refusal("it inflates to more than " + (MOST_BYTES >> 20) + " MiB");
            }
        }
    }
}
