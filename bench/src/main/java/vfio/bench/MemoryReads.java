// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import vfio.core.device.Mapping;
import vfio.os.Kernel;
import vfio.os.MemFd;

/** Reads of a register that is mapped, each of the place that the last has told. */
final class MemoryReads implements BesideC.Loop {
    private static final int SIZE = 4096;

    private final MemFd memory = Kernel.host().memory("bench", SIZE);
    private final Mapping mapping = new Mapping(memory);

    MemoryReads() {
        for (int i = 0; i < SIZE; i += 4) {
            mapping.write32(i, (i + 4 * 251) % SIZE); // as the twin has it
        }
    }

    @Override
    public int turn(int turns) {
        Mapping registers = mapping; // as C has it in a register
        int at = 0;
        for (int i = 0; i < turns; i++) {
            at = registers.read32(at);
        }
        return at;
    }

    @Override
    public void close() {
        memory.close();
    }
}
