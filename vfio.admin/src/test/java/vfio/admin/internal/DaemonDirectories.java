// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import java.lang.annotation.Annotation;
import java.nio.file.Path;

/** Run directories as Configuration Admin would make them. */
final class DaemonDirectories {
    private DaemonDirectories() {
    }

    static DaemonDirectory daemon(Path path) {
        return new DaemonDirectory(config(path, null, false, false));
    }

    static DaemonDirectory daemon(Path path, Path state) {
        return new DaemonDirectory(config(path, state, false, false));
    }

    static DaemonDirectory standalone(Path path) {
        return new DaemonDirectory(config(path, null, false, true));
    }

    /** In a framework whose starter holds the directory. */
    static DaemonDirectory held(Path path) {
        return new DaemonDirectory(config(path, null, true, false));
    }

    private static DaemonDirectory.Config config(Path path, Path state, boolean held, boolean standalone) {
        return new DaemonDirectory.Config() {
            @Override
            public String directory() {
                return path == null ? null : path.toString();
            }

            @Override
            public boolean held() {
                return held;
            }

            @Override
            public String state() {
                return state == null ? "" : state.toString();
            }

            @Override
            public boolean standalone() {
                return standalone;
            }

            @Override
            public String daemonDirectory() {
                return "/run/vfio";
            }

            @Override
            public Class<? extends Annotation> annotationType() {
                return DaemonDirectory.Config.class;
            }
        };
    }
}
