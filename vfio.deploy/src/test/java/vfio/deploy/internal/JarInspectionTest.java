// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Broken, hostile and misplaced jars. */
class JarInspectionTest {
    @TempDir
    Path folder;

    private static Jars good() {
        return Jars.driver("acme", "1.2.3");
    }

    private DriverJar read(Jars jar) throws JarRefusal, IOException {
        return JarInspection.read(jar.writeTo(folder.resolve("x.jar")), Set.of("vfio.shell"));
    }

    private void refused(String reason, Jars jar) {
        refused(reason, () -> read(jar));
    }

    private static void refused(String reason, Executable look) {
        String text = assertThrows(JarRefusal.class, look).getMessage();
        assertTrue(text.contains(reason), text);
    }

    @Test
    void goodJarYieldsNameVersionAndDrivers() throws Exception {
        DriverJar jar = read(good().header("Provide-Capability", Jars.capability("a", "15b3:101e") + ","
                + Jars.capability("b", "*:*")));
        assertEquals("acme", jar.symbolicName());
        assertEquals("1.2.3", jar.version().toString());
        assertEquals("alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* a",
                jar.drivers().get(0).aliasLines().get(0).toString());
        assertEquals("b", jar.drivers().get(1).driver());
    }

    @Test
    void manifestMustBeABundlesAndADrivers() {
        refused("Bundle-ManifestVersion is not 2", good().header("Bundle-ManifestVersion", "1"));
        refused("Bundle-ManifestVersion is not 2", good().header("Bundle-ManifestVersion", null));
        refused("no symbolic name", good().header("Bundle-SymbolicName", null));
        refused("no symbolic name", good().header("Bundle-SymbolicName", "a b"));
        refused("no Bundle-Version", good().header("Bundle-Version", null));
        refused("'one' is no version", good().header("Bundle-Version", "one"));
        refused("provides no capability vfio.pci.driver", good().header("Provide-Capability", null));
        refused("'15b3' is no id entry", good().header("Provide-Capability", Jars.capability("a", "15b3")));
        refused("a driver without a name", good().header("Provide-Capability", "vfio.pci.driver;ids=\"1:2\""));
        refused("is no name of a driver", good().header("Provide-Capability", Jars.capability("\"a b\"", "1:2")));
        refused("headers cannot be read", good().header("Provide-Capability", "vfio.pci.driver;x:List<Nonsense>=1"));
        refused("headers cannot be read", good().header("Import-Package", "a;version=\"[1,\""));
    }

    @Test
    void headersAreBounded() throws Exception {
        for (int depth : new int[] {33, 2000, 100_000}) {
            refused("header Require-Capability nests parentheses more than 32 deep", good().header("Require-Capability",
                    "a;filter:=\"" + "(&".repeat(depth) + "(b=c)" + ")".repeat(depth) + "\""));
        }
        refused("header Export-Package has more than 4000 clauses", good().header("Export-Package",
                IntStream.rangeClosed(0, 4000).mapToObj(i -> "p" + i).collect(Collectors.joining(","))));
        String deep = "(&".repeat(31) + "(b=c)" + ")".repeat(31);
        read(good().header("Require-Capability", "a;filter:=\"" + deep + "\"").header("Export-Package",
                IntStream.range(0, 4000).mapToObj(i -> "p" + i).collect(Collectors.joining(","))));
    }

    @Test
    void fragmentsAndSingletonsAndOurNamesAreRefused() {
        refused("a fragment", good().header("Fragment-Host", "vfio.pci.core"));
        refused("a fragment", good().header("Fragment-Host", "system.bundle;extension:=framework"));
        refused("a singleton", good().header("Bundle-SymbolicName", "acme;singleton:=true"));
        refused("a singleton", good().header("Bundle-SymbolicName", "acme; singleton:=\"true\""));
        refused("belongs to a bundle of this installation", good().header("Bundle-SymbolicName", "vfio.core"));
        refused("belongs to a bundle of this installation", good().header("Bundle-SymbolicName", "vfio.shell"));
    }

    @Test
    void apiIsNeitherExportedNorEmbedded() throws Exception {
        refused("exports package vfio.pci.core.alias", good().header("Export-Package", "a.b,vfio.pci.core.alias;version=1"));
        for (String ours : List.of("vfio.os", "vfio.admin", "vfio.deploy", "vfio.hardware.linux", "vfio.shell")) {
            refused("exports package " + ours + ", which is the installation's", good().header("Export-Package", ours));
        }
        refused("embeds vfio/pci/core/PciDriver.class", good().entry("vfio/pci/core/PciDriver.class", "x"));
        refused("embeds META-INF/versions/17/vfio/core/X.class",
                good().entry("META-INF/versions/17/vfio/core/X.class", "x"));
        refused("embeds inner/vfio/core/X.class",
                good().header("Bundle-ClassPath", ".,/inner").entry("inner/vfio/core/X.class", "x"));
        refused("embeds vfio/core/X.class", good().header("Bundle-ClassPath", "lib/in.jar")
                .entry("lib/in.jar", good().entry("vfio/core/X.class", "x").bytes()));
        read(good().entry("com/vfio/core/X.class", "x").entry("vfio/corelib/X.class", "x")
                .header("Export-Package", "vfio.corelib"));
    }

    @Test
    void namesThatLeadOutOfTheJarAreRefused() {
        for (String name : new String[] {"/etc/passwd", "../x", "a/../../x", "C:/x", "a\\b"}) {
            refused("leads out of the jar", good().entry(name, "x"));
        }
        refused("control characters", good().entry("a\u001b[2J", "x"));
        refused("control characters", good().entry("a\u202ejar", "x"));
    }

    @Test
    void entryThatIsThereTwiceIsRefused() throws Exception {
        byte[] jar = good().entry("aa", "1").entry("ab", "2").bytes();
        String text = new String(jar, StandardCharsets.ISO_8859_1).replace("ab", "aa");
        Path file = Files.write(folder.resolve("x.jar"), text.getBytes(StandardCharsets.ISO_8859_1));
        refused("there twice", () -> JarInspection.read(file, Set.of()));
    }

    @Test
    void folderThatIsThereTwiceIsHarmless() throws Exception {
        byte[] jar = good().entry("a/", "").entry("b/", "").bytes();
        String text = new String(jar, StandardCharsets.ISO_8859_1).replace("b/", "a/");
        Path file = Files.write(folder.resolve("x.jar"), text.getBytes(StandardCharsets.ISO_8859_1));
        assertEquals("acme", JarInspection.read(file, Set.of()).symbolicName());
    }

    /** As a program writes it that cannot seek: sizes stand behind the stored bytes and in the central directory. */
    private static byte[] storedWithDescriptor(String name) {
        byte[] n = name.getBytes(StandardCharsets.UTF_8);
        byte[] content = {1, 2, 3};
        CRC32 sum = new CRC32();
        sum.update(content);
        int crc = (int) sum.getValue();
        int header = 30 + n.length + content.length + 16;
        ByteBuffer zip = ByteBuffer.allocate(header + 46 + n.length + 22).order(ByteOrder.LITTLE_ENDIAN);
        zip.putInt(0x04034b50).putShort((short) 20).putShort((short) 8).putShort((short) 0).putInt(0).putInt(0).putInt(0)
                .putInt(0).putShort((short) n.length).putShort((short) 0).put(n).put(content);
        zip.putInt(0x08074b50).putInt(crc).putInt(content.length).putInt(content.length);
        zip.putInt(0x02014b50).putShort((short) 20).putShort((short) 20).putShort((short) 8).putShort((short) 0).putInt(0)
                .putInt(crc).putInt(content.length).putInt(content.length).putShort((short) n.length)
                .put(new byte[12]).putInt(0).put(n);
        return zip.putInt(0x06054b50).putInt(0).putShort((short) 1).putShort((short) 1).putInt(46 + n.length).putInt(header)
                .putShort((short) 0).array();
    }

    @Test
    void jarInsideIsReadByItsCentralDirectory() throws Exception {
        read(good().header("Bundle-ClassPath", ".,lib/in.jar").entry("lib/in.jar", storedWithDescriptor("acme/x.txt")));
        refused("entry lib/in.jar: it embeds vfio/core/X.class",
                good().entry("lib/in.jar", storedWithDescriptor("vfio/core/X.class")));
        byte[] damaged = storedWithDescriptor("acme/x.txt");
        damaged[30 + 10] ^= 1;
        refused("entry lib/in.jar: corrupt zip: entry acme/x.txt has another checksum",
                good().entry("lib/in.jar", damaged));
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(1, left.count(), "nothing is left beside the jar");
        }
    }

    @Test
    void bombsAreNotInflated() {
        refused("inflates to more than 128 MiB", good().entry("zeros", new byte[(128 << 20) + 1]));
        refused("manifest has more than 1 MiB", good().header("X-Bomb", "0".repeat(2 << 20)));
        Jars many = good();
        for (int i = 0; i <= 20_000; i++) {
            many.entry("e" + i, "");
        }
        refused("more than 20000 entries", many);
    }

    private static Jars largeDirectory() {
        Jars jar = good().comment("c".repeat(0xf000));
        for (int i = 0; i < 200; i++) {
            jar.entry("e" + i, "");
        }
        return jar;
    }

    /** A small jar with records of zip64 in it that tell of half a billion entries. */
    private static byte[] endlessDirectory() {
        byte[] jar = good().bytes();
        int end = jar.length - ZipEnd.LENGTH;
        ByteBuffer all = ByteBuffer.allocate(jar.length + 76).order(ByteOrder.LITTLE_ENDIAN).put(jar, 0, end);
        all.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45).putInt(0).putInt(0);
        long size = ByteBuffer.wrap(jar).order(ByteOrder.LITTLE_ENDIAN).getInt(end + 12);
        all.putLong(500_000_000).putLong(500_000_000).putLong(size).putLong(end - size);
        all.putInt(0x07064b50).putInt(0).putLong(end).putInt(1);
        all.put(jar, end, ZipEnd.LENGTH);
        return all.putShort(all.limit() - 12, (short) 0xffff).array();
    }

    @Test
    void directoryIsNotReadWhereItIsLarge() throws Exception {
        refused("its central directory has more than 8 MiB", largeDirectory());
        Path file = Files.write(folder.resolve("x.jar"), endlessDirectory());
        refused("zip64", () -> JarInspection.read(file, Set.of()));
        refused("zip64", () -> ManifestReader.read(file));
    }

    @Test
    void jarInsideIsBoundedAsTheOneAroundIt() throws Exception {
        refused("lib/in.jar: its central directory", good().entry("lib/in.jar", largeDirectory().bytes()));
        refused("lib/in.jar: zip64", good().entry("lib/in.jar", endlessDirectory()));
        refused("lib/in: zip64", good().header("Bundle-ClassPath", ".,lib/in").entry("lib/in", endlessDirectory()));
        refused("lib/in.jar: corrupt zip", good().entry("lib/in.jar", "no zip at all"));
        byte[] large = new byte[100_000];
        new Random(3).nextBytes(large);
        read(good().entry("lib/in.jar", good().entry("noise", large).bytes()));
    }

    @Test
    void endThatIsNotTheLastOneDoesNotCount() throws Exception {
        byte[] jar = good().bytes();
        byte[] twice = Arrays.copyOf(jar, jar.length + ZipEnd.LENGTH + 1);
        System.arraycopy(jar, jar.length - ZipEnd.LENGTH, twice, jar.length, ZipEnd.LENGTH);
        twice[jar.length - 2] = ZipEnd.LENGTH + 1; // to one reader a comment, to another the end, with a byte too many
        Path file = Files.write(folder.resolve("x.jar"), twice);
        refused("corrupt zip: its end is missing", () -> JarInspection.read(file, Set.of()));
    }

    @Test
    void damageInTheMiddleIsFound() throws Exception {
        byte[] noise = new byte[10_000];
        new Random(7).nextBytes(noise);
        byte[] jar = good().entry("noise", noise).bytes();
        jar[jar.length / 2] ^= 0x55;
        Path file = Files.write(folder.resolve("x.jar"), jar);
        refused("corrupt zip", () -> JarInspection.read(file, Set.of()));
    }

    @Property(tries = 500)
    void anyDamageIsRefusedOrHarmless(@ForAll int at, @ForAll byte value, @ForAll boolean cut) throws IOException {
        byte[] jar = good().entry("a/b", "some content").bytes();
        int index = Math.floorMod(at, jar.length);
        jar[index] = value;
        Path file = Files.createTempFile("damaged", ".jar");
        try {
            Files.write(file, cut ? Arrays.copyOf(jar, index) : jar);
            JarInspection.read(file, Set.of());
        } catch (JarRefusal e) {
            assertTrue(e.getMessage().codePoints().noneMatch(PlainText::control), e.getMessage());
        } finally {
            Files.delete(file);
        }
    }
}
