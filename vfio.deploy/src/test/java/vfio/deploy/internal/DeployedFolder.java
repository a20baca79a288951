// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The base of tests that have a framework and a folder of drivers each. */
abstract class DeployedFolder {
    @TempDir
    Path home;
    Fixture f;

    @BeforeEach
    void framework() throws Exception {
        f = newFixture();
    }

    /** Makes the framework; a test may want more in it. */
    Fixture newFixture() throws Exception {
        return new Fixture(home);
    }

    @AfterEach
    void stop() throws Exception {
        f.close();
    }

    /** Returns the path of a file in the folder of drivers. */
    Path file(String name) {
        return f.folder.resolve(name);
    }
}
