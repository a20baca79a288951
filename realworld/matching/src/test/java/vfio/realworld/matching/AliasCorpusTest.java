// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.matching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.pci.core.alias.AliasLine;

/** Every line about PCI that depmod wrote for a real kernel. */
class AliasCorpusTest {

    @ParameterizedTest
    @CsvSource({"kernel-6.1, 8000", "kernel-6.12, 8000", "variants, 8000", "scaled, 90000"})
    void everyLinePrintsBackByteForByte(String name, int least) {
        List<String> lines = Corpus.named(name).text();
        assertTrue(lines.size() >= least, () -> name + " has only " + lines.size() + " lines about PCI");
        for (String line : lines) {
            assertEquals(line, AliasLine.parse(line).map(AliasLine::toString).orElse("not understood"));
        }
    }

    @ParameterizedTest
    @CsvSource({"kernel-6.1", "kernel-6.12", "variants"})
    void noLineAboutAnotherBusIsTakenForPci(String name) {
        for (String line : Corpus.named(name).lines("modules.alias")) {
            boolean pci = line.startsWith("alias pci:") || line.startsWith("alias vfio_pci:");
            assertEquals(pci, AliasLine.parse(line).isPresent(), line);
        }
    }
}
