// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.composite;
import static org.ops4j.pax.exam.CoreOptions.frameworkProperty;
import static org.ops4j.pax.exam.CoreOptions.junitBundles;
import static org.ops4j.pax.exam.CoreOptions.systemPackages;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;

import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.options.UrlProvisionOption;

/** The parts a test's framework is put together from; a {@code @Configuration} of them reads as an inventory. */
final class Composites {
    private Composites() {
    }

    /** Felix as the tests need it: quiet, with JUnit, and with Awaitility from the class path. */
    static Option felix() {
        return composite(junitBundles(),
                systemPackages("org.awaitility;version=4.3.0", "org.awaitility.core;version=4.3.0"),
                frameworkProperty("felix.bootdelegation.implicit").value("false"),
                systemProperty("org.ops4j.pax.logging.DefaultServiceLog.level").value("ERROR"));
    }

    /** Without the errors that SCR and the framework log about drivers that fail; put it after {@link #felix}. */
    static Option silent() {
        return composite(systemProperty("org.ops4j.pax.logging.DefaultServiceLog.level").value("NONE"),
                frameworkProperty("ds.log.enabled").value("false"));
    }

    /** Declarative Services and Configuration Admin. */
    static Option scr() {
        return composite(library("org.osgi.util.function"), library("org.osgi.util.promise"),
                library("org.osgi.service.component"), library("org.apache.felix.configadmin"),
                library("org.apache.felix.scr"));
    }

    /** VFIO core and PCI core, with the IOMMU between. */
    static Option cores() {
        return reactor("vfio.core", "vfio.iommu", "vfio.pci.core");
    }

    /** The three drivers. */
    static Option drivers() {
        return reactor("vfio.pci.generic", "vfio.pci.mlx5", "vfio.pci.igd");
    }

    /** The embedded bus; it has its functions once {@link RunningCore#configureBus} was called. */
    static Option emulatedBus() {
        return composite(library("snakeyaml-engine"), reactor("vfio.pci.decode", "vfio.hardware.emulated"));
    }

    /** JUnit 5's assertions, which the test kit's facts are made of. */
    static Option jupiter() {
        return composite(library("opentest4j"), library("junit-platform-commons"), library("junit-jupiter-api"));
    }

    /** What installs drivers; it does once {@link RunningCore#configureDeploy} was called. */
    static Option deploy() {
        return reactor("vfio.deploy");
    }

    /** Bundles of the reactor, started. */
    static Option reactor(String... modules) {
        return composite(Arrays.stream(modules).map(Composites::bundleOf).toArray(Option[]::new));
    }

    private static UrlProvisionOption bundleOf(String module) {
        return bundle(ReactorBundles.jar(module).toUri().toString());
    }

    /** A library of the test class path, which Maven has resolved: nothing is looked up while a test runs. */
    static Option library(String artifact) {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        Path jar = Stream.of(path.split(File.pathSeparator)).map(Path::of)
                .filter(file -> file.getFileName().toString().matches(Pattern.quote(artifact) + "-\\d.*\\.jar"))
                .findFirst().orElseThrow(() -> new IllegalStateException(artifact + " is not on the test class path"));
        return bundle(jar.toUri().toString());
    }
}
