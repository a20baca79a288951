// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import java.util.Arrays;
import java.util.function.Supplier;
import vfio.pci.core.fake.HardwareImage;

/**
 * What a user finds in configuration space, found out by accesses alone: each dword's value, and which of its bits are not
 * the hardware's, which reach the hardware when they are written and which are kept for the user.
 */
final class FunctionDump {
    private static final String RAW = "";

    private final Supplier<HardwareImage> image;
    private final FunctionFacts facts;

    /** @param image makes the same hardware each time */
    FunctionDump(Supplier<HardwareImage> image, FunctionFacts facts) {
        this.image = image;
        this.facts = facts;
    }

    /** A line for each dword, or for a run of equal ones, but for those that are the hardware's with all their bits. */
    String text() {
        StringBuilder lines = new StringBuilder("            value    virtual  written  kept\n");
        HardwareImage hardware = open();
        VirtualConfig config = config(hardware);
        int first = 0;
        String run = RAW;
        for (int at = 0; at <= hardware.size(); at += 4) {
            String line = at == hardware.size() ? RAW : dword(hardware, config, at);
            if (!line.equals(run)) {
                if (!run.equals(RAW)) {
                    lines.append("%03x-%03x %s\n".formatted(first, at - 1, run));
                }
                first = at;
                run = line;
            }
        }
        return lines.toString();
    }

    private String dword(HardwareImage hardware, VirtualConfig config, int at) {
        int value = config.read(at, 4);
        int virtual = virtual(hardware, config, at);
        int[] writes = writes(at);
        return virtual == 0 && writes[0] == -1 ? RAW
                : "    %08x %08x %08x %08x".formatted(value, virtual, writes[0], writes[1]);
    }

    /** Hardware that would take whatever is written to it. */
    private HardwareImage open() {
        HardwareImage hardware = image.get();
        Arrays.fill(hardware.writable, (byte) 0xff);
        Arrays.fill(hardware.clearable, (byte) 0);
        return hardware;
    }

    private VirtualConfig config(HardwareImage hardware) {
        return new VirtualConfig(hardware, facts, new Enabled());
    }

    /** The bits that stay when the hardware's change. */
    private static int virtual(HardwareImage hardware, VirtualConfig config, int at) {
        int held = hardware.get(at, 4);
        int before = config.read(at, 4);
        hardware.u32(at, ~held);
        int after = config.read(at, 4);
        hardware.u32(at, held);
        return ~(before ^ after);
    }

    /** The bits that change in the hardware when all are flipped, and those that change for the user alone. */
    private int[] writes(int at) {
        HardwareImage hardware = open();
        VirtualConfig config = config(hardware);
        int before = hardware.get(at, 4);
        int seen = config.read(at, 4);
        config.write(at, 4, ~seen);
        int written = before ^ hardware.get(at, 4);
        return new int[] {written, (seen ^ config.read(at, 4)) & ~written};
    }
}
