// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Sets permission bits, the sticky bit included. */
final class Modes {
    private Modes() {
    }

    static void set(Path path, int mode) throws IOException {
        Files.setAttribute(path, "unix:mode", mode);
    }
}
