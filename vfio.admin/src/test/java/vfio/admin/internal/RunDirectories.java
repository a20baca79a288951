// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import java.lang.annotation.Annotation;
import java.nio.file.Path;

/** Run directories as Configuration Admin would make them. */
final class RunDirectories {
    private RunDirectories() {
    }

    static RunDirectory daemon(Path path) {
        return new RunDirectory(config(path, false));
    }

    static RunDirectory daemon(Path path, Path state) {
        return new RunDirectory(config(path, state, false));
    }

    static RunDirectory standalone(Path path) {
        return new RunDirectory(config(path, true));
    }

    static RunDirectory.Config config(Path path, boolean standalone) {
        return config(path, null, standalone);
    }

    private static RunDirectory.Config config(Path path, Path state, boolean standalone) {
        return new RunDirectory.Config() {
            @Override
            public String directory() {
                return path == null ? null : path.toString();
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
                return RunDirectory.Config.class;
            }
        };
    }
}
