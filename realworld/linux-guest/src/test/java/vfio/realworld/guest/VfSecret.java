// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** The secret of a PF's user, behind a function's name. */
final class VfSecret {
    static final String RIGHT = token(0x4712);
    static final String WRONG = token(0x4713);

    private static final Path ALLOWED = Path.of("/sys/module/vfio_pci/parameters/enable_sriov");

    private VfSecret() {
    }

    private static String token(long low) {
        return " vf_token=" + new UUID(0x4711, low);
    }

    /** Whether the users of PFs may make VFs. */
    static void allowVirtualFunctions(boolean allowed) throws IOException {
        Files.writeString(ALLOWED, allowed ? "Y" : "N");
    }
}
