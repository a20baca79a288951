// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Topology files of many functions for the emulated bus. */
final class Topology {
    private Topology() {
    }

    /** Writes a file with so many NVMe functions, by one line. */
    static Path of(Place place, int functions) throws IOException {
        return Files.writeString(place.folder("topology").resolve("many.yaml"), """
                functions:
                  - {address: "00:00.0", vendor: 144d, device: a808, class: 010802, bars: {0: 16K mem64}, repeat: %d}
                """.formatted(functions));
    }
}
