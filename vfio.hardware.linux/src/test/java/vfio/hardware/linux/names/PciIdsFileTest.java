// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.names;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.hardware.linux.sysfs.PrintableText;
import vfio.pci.core.admin.PciNames;

class PciIdsFileTest {
    private static final String SAMPLE = """
            # a comment

            0000  Nobody
            15b3  Mellanox Technologies
            \t101d  MT2892 Family [ConnectX-6 Dx]
            # a comment within
            \t\t15b3 0016  ConnectX-6 Dx EN adapter card
            \t101e  ConnectX Family mlx5Gen Virtual Function
            \t\t15b3 0004  Some Board
            8086  Intel Corporation
            \t101e  82540EP Gigabit Ethernet Controller (Mobile)
            C 01  Mass storage controller
            \t08  Non-Volatile memory controller
            \t\t02  NVM Express
            C 03  Display controller
            \t00  VGA compatible controller
            \t\t00  VGA controller
            """;

    @TempDir
    Path folder;

    private PciNames names(String text) throws IOException {
        return names(text.getBytes(StandardCharsets.UTF_8));
    }

    private PciNames names(byte[] bytes) throws IOException {
        return new PciIdsFile(List.of(Files.write(folder.resolve("pci.ids"), bytes)), Duration.ZERO);
    }

    @Test
    void namesAreFoundAtEachLevel() throws IOException {
        PciNames names = names(SAMPLE);
        assertEquals("Mellanox Technologies", names.vendor(0x15b3));
        assertEquals("Nobody", names.vendor(0));
        assertEquals("ConnectX Family mlx5Gen Virtual Function", names.device(0x15b3, 0x101e));
        assertEquals("82540EP Gigabit Ethernet Controller (Mobile)", names.device(0x8086, 0x101e));
        assertEquals("ConnectX-6 Dx EN adapter card", names.subsystem(0x15b3, 0x101d, 0x15b3, 0x0016));
        assertEquals("Some Board", names.subsystem(0x15b3, 0x101e, 0x15b3, 0x0004));
        assertEquals("VGA compatible controller", names.classOf(0x030000));
        assertEquals("NVM Express", names.interfaceOf(0x010802));
    }

    @Test
    void aSubsystemBelongsToItsDeviceAlone() throws IOException {
        assertEquals("", names(SAMPLE).subsystem(0x15b3, 0x101e, 0x15b3, 0x0016));
        assertEquals("", names(SAMPLE).subsystem(0x8086, 0x101e, 0x15b3, 0x0004));
    }

    @Test
    void aClassAndAVendorOfTheSameNumberAreTwo() throws IOException {
        PciNames names = names("0003  A vendor\n\t0000  A device\nC 03  Display controller\n");
        assertEquals("A vendor", names.vendor(3));
        assertEquals("", names.device(3, 0x000000c));
        assertEquals("Display controller", names.classOf(0x030000));
        assertEquals("", names.vendor(0x10003));
    }

    @Test
    void anUnknownSubclassHasTheNameOfItsClass() throws IOException {
        assertEquals("Mass storage controller", names(SAMPLE).classOf(0x01ff00));
        assertEquals("", names(SAMPLE).interfaceOf(0x01ff00));
        assertEquals("", names(SAMPLE).classOf(0xff0000));
    }

    @Test
    void idsOutOfRangeHaveNoNames() throws IOException {
        PciNames names = names(SAMPLE);
        assertEquals("", names.vendor(-1) + names.vendor(0x10000) + names.vendor(Integer.MIN_VALUE));
        assertEquals("", names.device(0x15b3, 0x1101e) + names.device(-1, 0x101e) + names.device(0x15b3, -1));
        assertEquals("", names.subsystem(0x15b3, 0x101d, 0x115b3, 0x16) + names.subsystem(-1, -1, -1, -1));
        assertEquals("", names.classOf(-1) + names.classOf(0x1000000) + names.interfaceOf(-1));
    }

    @Test
    void absentFilesHaveNoNamesAndTheFirstThatIsThereCounts() throws IOException {
        Path missing = folder.resolve("missing");
        assertEquals("", new PciIdsFile(List.of(missing, folder), Duration.ZERO).vendor(0x15b3));
        assertEquals("", new PciIdsFile(List.of(), Duration.ZERO).classOf(0x030000));
        Path second = Files.writeString(folder.resolve("second"), SAMPLE);
        assertEquals("Nobody", new PciIdsFile(List.of(missing, second), Duration.ZERO).vendor(0));
    }

    @Test
    void aReplacedFileIsReadAgain() throws IOException {
        PciNames names = names("15b3  Old\n");
        assertEquals("Old", names.vendor(0x15b3));
        names("8086  Intel\n15b3  Mellanox\n");
        assertEquals("Mellanox", names.vendor(0x15b3));
        Files.delete(folder.resolve("pci.ids"));
        assertEquals("", names.vendor(0x15b3));
    }

    @Test
    void theFirstOfRepeatedVendorsCounts() throws IOException {
        assertEquals("one", names("15b3  one\n8086  Intel\n15b3  two\n").vendor(0x15b3));
    }

    @Test
    void nonsenseIsPassedOver() throws IOException {
        PciNames names = names("\t1234  orphan\n\t\t1234 5678  orphan\nzzzz  x\n15b3\n15b30  x\n15b3Mellanox\n"
                + "C 1  x\nC  01  x\n" + "8086  " + "x".repeat(100_000) + "\n15B3  Mellanox\r\n\t101E  A device\n\t101d\n"
                + "L 0409  English\n\t101d  not Mellanox's\n");
        assertEquals("Mellanox", names.vendor(0x15b3));
        assertEquals("A device", names.device(0x15b3, 0x101e));
        assertEquals("", names.device(0x15b3, 0x101d));
        assertEquals("", names.vendor(0x8086));
        assertEquals("", names.classOf(0x010000));
    }

    @Test
    void namesAreSafeToPrint() throws IOException {
        byte[] bytes = "15b3  a\u001b[31mb\u202ec\u0007 caf\u00e9 \u00ff".getBytes(StandardCharsets.UTF_8);
        bytes[bytes.length - 1] = (byte) 0xff;
        String name = names(bytes).vendor(0x15b3);
        assertTrue(name.startsWith("a\ufffd[31mb\ufffdc\ufffd caf\u00e9 \ufffd"), name);
        assertEquals(255, names("15b3  " + "x".repeat(4000)).vendor(0x15b3).length());
    }

    @Test
    void anEndlessFileIsReadInPart() throws IOException {
        Path file = Files.writeString(folder.resolve("pci.ids"), SAMPLE);
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(1L << 40);
        }
        assertEquals("Intel Corporation", new PciIdsFile(List.of(file), Duration.ZERO).vendor(0x8086));
    }

    @Property(tries = 300)
    void anyBytesGivePrintableNames(@ForAll byte[] bytes) throws IOException {
        Path file = Files.createTempFile("pci", ".ids");
        try {
            Files.write(file, bytes);
            ask(new PciIdsFile(List.of(file), Duration.ZERO));
        } finally {
            Files.delete(file);
        }
    }

    @Property(tries = 300)
    void anyMixOfAlmostLinesGivesPrintableNames(@ForAll("almostLines") List<String> lines) throws IOException {
        Path file = Files.createTempFile("pci", ".ids");
        try {
            Files.writeString(file, String.join("\n", lines));
            ask(new PciIdsFile(List.of(file), Duration.ZERO));
        } finally {
            Files.delete(file);
        }
    }

    @Provide
    Arbitrary<List<String>> almostLines() {
        return Arbitraries.of("0000  v", "0000",
                "\t0000  d", "\t\t0000 0000  s", "\t\t\t0000", "C 00  c", "\t00  sc",
                "\t\t00  i", "", "#", "\t", "\t\t", "0000  \u001b", "C 0", "C 00", "\u0000", "0000 ", "\t0000 ",
                "\t\t0000 0000").list().ofMaxSize(30);
    }

    private static void ask(PciNames names) {
        for (String name : List.of(names.vendor(0), names.device(0, 0), names.subsystem(0, 0, 0, 0), names.classOf(0),
                names.interfaceOf(0))) {
            assertEquals(PrintableText.of(name), name);
            assertEquals(name.strip(), name);
        }
    }
}
