// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.List;

/** Bridges and root ports stay with their host: everything behind them would go with them. */
final class BridgeGuard implements Guard {
    static final String NAME = "bridge";
    private static final int HEADER_TYPE = 0x0e;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean forceable() {
        return false;
    }

    @Override
    public List<String> objections(GuardedFunction function, String driver) {
        int subclass = function.directory().hex("class", 24, warning -> { }) >> 8;
        boolean bridge = switch (subclass) {
            case 0x0600, 0x0601, 0x0604, 0x0607, 0x0609 -> true; // host, ISA, PCI, CardBus, semi-transparent
            default -> headerType(function) != 0;
        };
        return bridge ? List.of(function + " is a bridge, and what lies behind it needs it") : List.of();
    }

    private static int headerType(GuardedFunction function) {
        try (InputStream config = Files.newInputStream(function.directory().path().resolve("config"))) {
            byte[] header = config.readNBytes(HEADER_TYPE + 1);
            return header.length > HEADER_TYPE ? header[HEADER_TYPE] & 0x7f : 0;
        } catch (IOException e) {
            return 0; // its class decides
        }
    }
}
