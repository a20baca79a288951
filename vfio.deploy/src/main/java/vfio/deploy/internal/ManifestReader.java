// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.apache.felix.utils.resource.ResourceBuilder;
import org.osgi.framework.BundleException;
import org.osgi.framework.Version;
import org.osgi.framework.namespace.IdentityNamespace;
import org.osgi.resource.Capability;
import vfio.pci.core.PciIds;
import vfio.pci.core.alias.DriverIds;

/** The reader of manifests. Every text of a jar's manifest is hostile until it has passed here. */
final class ManifestReader {
    private static final String MANIFEST = "META-INF/MANIFEST.MF";
    private static final int LARGEST = 1 << 20;
    private static final Pattern SYMBOLIC_NAME = Pattern.compile("[A-Za-z0-9_.-]{1,200}");
    /** The deepest nesting of parentheses, since parsers of filters descend once for each. */
    private static final int DEEPEST = 32;
    /** The most clauses of a header: the framework's time for a manifest rises faster than their number. */
    private static final int MOST_CLAUSES = 4000;
    /** The form of names, without blanks, since names stand in lines of words. */
    private static final Pattern DRIVER_NAME = Pattern.compile("[!-~]{1,200}");

    private ManifestReader() {
    }

    /**
     * Reads the manifest of a jar.
     *
     * @throws JarRefusal where the jar has no sound manifest of a driver
     */
    static DriverJar read(Path file) throws JarRefusal, IOException {
        try (ZipFile zip = BoundedZip.open(file)) {
            return read(zip, file);
        } catch (ZipException | EOFException | IllegalArgumentException e) { // the last: a name that is no UTF-8
            throw new JarRefusal("corrupt zip: " + e.getMessage());
        }
    }

    /** Reads the manifest of a jar that is open, as {@link #read(Path)}. */
    static DriverJar read(ZipFile zip, Path file) throws JarRefusal, IOException {
        Map<String, String> headers = headers(zip);
        if (!headers.getOrDefault("Bundle-ManifestVersion", "").strip().equals("2")) {
            throw new JarRefusal("no bundle: Bundle-ManifestVersion is not 2");
        }
        String name = headers.getOrDefault("Bundle-SymbolicName", "").split(";", 2)[0].strip();
        if (!SYMBOLIC_NAME.matcher(name).matches()) {
            throw new JarRefusal("Bundle-SymbolicName '" + name + "' is missing or no symbolic name");
        }
        Version version = version(headers.get("Bundle-Version"));
        DriverResource resource = resource(file, headers);
        return new DriverJar(name, version, headers, resource, drivers(resource));
    }

    private static Map<String, String> headers(ZipFile zip) throws JarRefusal, IOException {
        ZipEntry entry = zip.getEntry(MANIFEST);
        if (entry == null) {
            throw new JarRefusal("no bundle: it has no " + MANIFEST);
        }
        byte[] bytes;
        try (InputStream in = zip.getInputStream(entry)) {
            bytes = in.readNBytes(LARGEST + 1);
        }
        if (bytes.length > LARGEST) {
            throw new JarRefusal("the manifest has more than " + (LARGEST >> 20) + " MiB");
        }
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        try {
            new Manifest(new ByteArrayInputStream(bytes)).getMainAttributes()
                    .forEach((key, value) -> headers.put(key.toString(), value.toString()));
        } catch (IOException | IllegalArgumentException e) {
            throw new JarRefusal("the manifest cannot be read: " + e.getMessage());
        }
        for (Map.Entry<String, String> header : headers.entrySet()) {
            bounded(header.getKey(), header.getValue());
        }
        return headers;
    }

    private static void bounded(String header, String value) throws JarRefusal {
        int depth = 0;
        int clauses = 1;
        boolean quoted = false;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            quoted ^= c == '"';
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            clauses += c == ',' && !quoted ? 1 : 0;
            if (depth > DEEPEST) {
                throw new JarRefusal("header " + header + " nests parentheses more than " + DEEPEST + " deep");
            }
            if (clauses > MOST_CLAUSES) {
                throw new JarRefusal("header " + header + " has more than " + MOST_CLAUSES + " clauses");
            }
        }
    }

    private static Version version(String text) throws JarRefusal {
        if (text == null) {
            throw new JarRefusal("it has no Bundle-Version");
        }
        try {
            return Version.parseVersion(text);
        } catch (IllegalArgumentException e) {
            throw new JarRefusal("Bundle-Version '" + text + "' is no version");
        }
    }

    private static DriverResource resource(Path file, Map<String, String> headers) throws JarRefusal {
        DriverResource resource = new DriverResource(file);
        try {
            ResourceBuilder.build(resource, null, headers);
            return resource;
        } catch (BundleException | RuntimeException | StackOverflowError e) { // a filter may nest without end
            throw new JarRefusal("the manifest's headers cannot be read: " + PlainText.causes(e));
        }
    }

    private static List<DriverIds> drivers(DriverResource resource) throws JarRefusal {
        Capability identity = resource.getCapabilities(IdentityNamespace.IDENTITY_NAMESPACE).stream().findFirst()
                .orElseThrow(() -> new JarRefusal("the manifest yields no identity"));
        Object type = identity.getAttributes().get(IdentityNamespace.CAPABILITY_TYPE_ATTRIBUTE);
        if (IdentityNamespace.TYPE_FRAGMENT.equals(type)) {
            throw new JarRefusal("a fragment: a driver has a bundle of its own and adds nothing to another");
        }
        List<DriverIds> drivers = new ArrayList<>();
        for (Capability capability : resource.getCapabilities(PciIds.CAPABILITY)) {
            drivers.add(driver(capability));
        }
        if (drivers.isEmpty()) {
            throw new JarRefusal("no driver: the manifest provides no capability " + PciIds.CAPABILITY
                    + "; put @PciIds on the driver's class");
        }
        return List.copyOf(drivers);
    }

    private static DriverIds driver(Capability capability) throws JarRefusal {
        DriverIds ids;
        try {
            ids = DriverIds.from(capability.getAttributes(), "", 0);
        } catch (IllegalArgumentException e) {
            throw new JarRefusal("capability " + PciIds.CAPABILITY + ": " + e.getMessage());
        }
        for (String name : List.of(ids.driver(), ids.module(), ids.ops())) {
            if (!DRIVER_NAME.matcher(name).matches()) {
                throw new JarRefusal("capability " + PciIds.CAPABILITY + ": '" + name
                        + "' is no name of a driver, module or ops");
            }
        }
        return ids;
    }
}
