// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Makes driver jars, good and bad. */
final class Jars {
    private final Map<String, String> headers = new LinkedHashMap<>();
    private final Map<String, byte[]> entries = new LinkedHashMap<>();
    private String comment;

    private Jars() {
    }

    /** A driver's jar that installs and starts. */
    static Jars driver(String symbolicName, String version) {
        return new Jars().header("Bundle-ManifestVersion", "2").header("Bundle-SymbolicName", symbolicName)
                .header("Bundle-Version", version)
                .header("Provide-Capability", capability(symbolicName.replace('.', '_'), "15b3:101e"));
    }

    static String capability(String driver, String overrideOnly) {
        return "vfio.pci.driver;key:List<String>=\"" + overrideOnly + "\";driver=" + driver + ";overrideOnly:List<String>=\""
                + overrideOnly + "\"";
    }

    /** @param value null leaves the header out */
    Jars header(String name, String value) {
        if (value == null) {
            headers.remove(name);
        } else {
            headers.put(name, value);
        }
        return this;
    }

    Jars entry(String name, byte[] content) {
        entries.put(name, content);
        return this;
    }

    Jars entry(String name, String content) {
        return entry(name, content.getBytes(StandardCharsets.UTF_8));
    }

    /** Of each entry after the manifest: bytes that are in the central directory alone. */
    Jars comment(String text) {
        comment = text;
        return this;
    }

    Jars activator(Class<?> type) {
        return classes(type).header("Bundle-Activator", type.getName()).header("Import-Package", "org.osgi.framework");
    }

    /** A declarative-services driver, with more XML inside its component. */
    Jars component(Class<?> type, String attributes, String more) {
        String xml = "<scr:component xmlns:scr=\"http://www.osgi.org/xmlns/scr/v1.3.0\" name=\""
                + type.getSimpleName() + "\" " + attributes + "><service>"
                + "<provide interface=\"vfio.pci.core.PciDriver\"/></service>" + more
                + "<implementation class=\"" + type.getName() + "\"/></scr:component>";
        return classes(type).entry("OSGI-INF/driver.xml", xml).header("Service-Component", "OSGI-INF/driver.xml")
                .header("Import-Package", "vfio.pci.core,vfio.core");
    }

    private Jars classes(Class<?> type) {
        String path = type.getName().replace('.', '/');
        entry(path + ".class", bytes(type, path + ".class"));
        for (Class<?> inner : type.getDeclaredClasses()) {
            String name = inner.getName().replace('.', '/') + ".class";
            entry(name, bytes(type, name));
        }
        return this;
    }

    private static byte[] bytes(Class<?> type, String resource) {
        try (InputStream in = type.getClassLoader().getResourceAsStream(resource)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    byte[] bytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            Manifest manifest = new Manifest();
            manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
            headers.forEach((name, value) -> manifest.getMainAttributes().putValue(name, value));
            zip.putNextEntry(new ZipEntry("META-INF/MANIFEST.MF"));
            manifest.write(zip);
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                ZipEntry header = new ZipEntry(entry.getKey());
                header.setComment(comment);
                zip.putNextEntry(header);
                zip.write(entry.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Writes it over whatever is there, in place. */
    Path writeTo(Path file) throws IOException {
        return Files.write(file, bytes());
    }

    /** Puts it there in one step, as a careful copying program does. */
    Path moveTo(Path file) throws IOException {
        Path part = Files.write(file.resolveSibling("." + file.getFileName() + ".part"), bytes());
        return Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
