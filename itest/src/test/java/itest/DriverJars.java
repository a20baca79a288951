// SPDX-License-Identifier: Apache-2.0
package itest;

import java.nio.file.Path;

/** Where the jars of {@link TestDrivers} are. */
final class DriverJars {
    private DriverJars() {
    }

    /** {@code itest.drivers.Faulty$Throws} becomes {@code itest.throws}. */
    static String symbolicName(String driver) {
        return "itest." + driver.replaceAll(".*[.$]", "").toLowerCase(java.util.Locale.ROOT);
    }

    static Path path(String symbolicName, String version) {
        return Path.of(System.getProperty("itest.directory"), "test-drivers", symbolicName + "-" + version + ".jar");
    }
}
