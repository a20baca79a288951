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
                  - {model: nvme, repeat: %d}
                """.formatted(functions));
    }
}
