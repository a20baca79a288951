// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.resource.Requirement;
import org.osgi.resource.Resource;
import org.osgi.service.repository.ExpressionCombiner;
import org.osgi.service.repository.Repository;
import org.osgi.service.repository.RepositoryContent;
import org.osgi.service.repository.RequirementExpression;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.deploy.DeployAdmin.DriverBundleRow;
import vfio.deploy.sample.FailingDriver;
import vfio.deploy.sample.SampleDriver;

/** Drivers by capability, alias lines, and the repository. */
class DriverRowsTest extends DeployedFolder {
    private static final String REFERENCE = "<reference name=\"firmware\" interface=\"java.util.concurrent.Callable\"/>";

    @Override
    Fixture newFixture() throws Exception {
        return new Fixture(home).withComponents();
    }

    private DriverBundleRow driver(String name) {
        List<DriverBundleRow> rows = f.deploy.drivers().stream().filter(row -> row.driver().equals(name)).toList();
        assertEquals(1, rows.size(), f.deploy.drivers().toString());
        return rows.get(0);
    }

    @Test
    void workingDriverHasARowWithoutAReason() throws Exception {
        Jars.driver("acme", "1.0.0").component(SampleDriver.class, "", "").writeTo(file("a.jar"));
        f.scanned();
        DriverBundleRow row = driver("acme");
        assertEquals("active", row.bundleState());
        assertEquals("active", row.fileState());
        assertEquals("a.jar", row.file());
        assertNull(row.reason());
        assertEquals("satisfied", row.components().get(0).state());
    }

    @Test
    void driverWithoutAServiceSaysWhatItWaitsFor() throws Exception {
        Jars.driver("acme", "1.0.0").component(SampleDriver.class, "", REFERENCE).writeTo(file("a.jar"));
        f.scanned();
        DriverBundleRow row = driver("acme");
        assertEquals("active", row.bundleState());
        assertEquals("SampleDriver waits for reference firmware (java.util.concurrent.Callable)", row.reason());
        assertEquals("unsatisfied", row.components().get(0).state());
    }

    @Test
    void driverWithoutItsConfigurationSaysSo() throws Exception {
        Jars.driver("acme", "1.0.0").component(SampleDriver.class,
                "configuration-policy=\"require\" configuration-pid=\"acme.settings\"", "").writeTo(file("a.jar"));
        f.scanned();
        assertEquals("SampleDriver waits for configuration acme.settings", driver("acme").reason());
    }

    @Test
    void driverWhoseComponentDoesNotActivateShowsTheFailure() throws Exception {
        Jars.driver("acme", "1.0.0").component(FailingDriver.class, "immediate=\"true\"", "").writeTo(file("a.jar"));
        f.scanned();
        DriverBundleRow row = driver("acme");
        assertEquals("active", row.fileState());
        assertEquals("failed", row.components().get(0).state());
        assertTrue(row.reason().contains("IllegalStateException: no firmware"), row.reason());
    }

    /** What a user of the service is left with: nothing, and the framework's event. */
    private void use(String bundle) {
        Bundle of = f.ours().stream().filter(one -> one.getSymbolicName().equals(bundle)).findFirst().orElseThrow();
        assertNull(f.context().getService(of.getRegisteredServices()[0]));
    }

    @Test
    void driverWhoseClassIsDamagedNamesItOnceSomebodyHasAsked() throws Exception {
        String type = SampleDriver.class.getName().replace('.', '/') + ".class";
        Jars.driver("acme", "1.0.0").component(SampleDriver.class, "", "").entry(type, new byte[] {1, 2, 3, 4})
                .writeTo(file("a.jar"));
        f.scanned();
        use("acme");
        await().until(() -> driver("acme").reason() != null);
        assertTrue(driver("acme").reason().contains("ClassFormatError"), driver("acme").reason());
        assertTrue(driver("acme").reason().contains("SampleDriver"), driver("acme").reason());
    }

    @Test
    void upgradeThatFailsForADamagedClassSaysSo() throws Exception {
        Jars.driver("acme", "1.0.0").component(SampleDriver.class, "", "").writeTo(file("a.jar"));
        f.scanned();
        f.core.give("acme", "emulated/0000:01:00.2");
        f.core.moves = function -> {
            f.ours().stream().filter(bundle -> bundle.getVersion().getMajor() == 2)
                    .forEach(fresh -> assertNull(f.context().getService(fresh.getRegisteredServices()[0])));
            return new VfioException(Errno.EIO, "get the service of " + function + ": it does not activate");
        };
        String type = SampleDriver.class.getName().replace('.', '/') + ".class";
        Jars.driver("acme", "2.0.0").component(SampleDriver.class, "", "").entry(type, new byte[] {1, 2, 3, 4})
                .writeTo(file("b.jar"));
        f.deploy.rescan();
        String reason = f.row("b.jar").reason();
        assertTrue(reason.contains("ClassFormatError"), reason);
        assertFalse(reason.contains("{"), reason);
        assertEquals(2, reason.split("it does not activate").length, "said once: " + reason);
        assertTrue(reason.endsWith("version 1.0.0 keeps running"), reason);
        assertTrue(f.eventTypes().contains("update-back"));
    }

    @Test
    void filesThatAreNotInstalledHaveRowsToo() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        Jars.driver("acme", "2.0.0").header("Provide-Capability", Jars.capability("acme2", "1:2")).writeTo(file("b.jar"));
        Jars.driver("bcme", "1.0.0").header("Import-Package", "nowhere").writeTo(file("c.jar"));
        f.scanned();
        assertEquals("not installed", driver("acme").bundleState());
        assertEquals("superseded", driver("acme").fileState());
        assertEquals("active", driver("acme2").bundleState());
        assertEquals("it needs package nowhere; here: none", driver("bcme").reason());
    }

    @Test
    void bundleInstalledByOthersHasARow() throws Exception {
        Path jar = Jars.driver("other", "1.0.0").writeTo(home.resolve("other.jar"));
        f.context().installBundle(jar.toUri().toString());
        f.scanned();
        assertEquals("installed", driver("other").bundleState());
        assertNull(driver("other").file());
        assertEquals("its bundle is installed", driver("other").reason());
    }

    @Test
    void rowsTravel() throws Exception {
        Jars.driver("acme", "1.0.0").component(SampleDriver.class, "", REFERENCE).writeTo(file("a.jar"));
        f.scanned();
        for (Object row : List.of(f.deploy.drivers().get(0), f.deploy.files().get(0))) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(row);
            }
            try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
                assertEquals(row, in.readObject());
            }
        }
    }

    @Test
    void aliasesAreThoseOfWatchedAndShippedJarsSortedAndOnce() throws Exception {
        Jars.driver("vfio_pci", "1").header("Provide-Capability", Jars.capability("vfio_pci", "*:*"))
                .writeTo(f.shipped.resolve("g.jar"));
        Jars.driver("m", "1").header("Provide-Capability", Jars.capability("mlx5_vfio_pci", "15b3:101e"))
                .writeTo(f.shipped.resolve("m.jar"));
        Files.copy(f.shipped.resolve("m.jar"), file("m.jar"));
        Path plain = Jars.driver("n", "1").header("Provide-Capability", "vfio.pci.driver;driver=nvme;module=nvme_core;"
                + "ids:List<String>=\"*:*:*:*:010802\"").writeTo(file("n.jar"));
        Files.write(file("broken.jar"), new byte[100]);
        f.start();
        assertEquals(List.of("alias pci:v*d*sv*sd*bc01sc08i02* nvme_core",
                "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci",
                "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci"), f.deploy.aliases());
        Files.delete(plain);
        assertEquals(2, f.deploy.aliases().size());
    }

    @Test
    void repositoryFindsADriverByKeyAndGivesItsContent() throws Exception {
        byte[] jar = Jars.driver("mlx", "1.0.0").bytes();
        Files.write(f.shipped.resolve("m.jar"), jar);
        Jars.driver("other", "1.0.0").header("Provide-Capability", Jars.capability("other", "8086:1533"))
                .writeTo(file("o.jar"));
        f.start();
        Repository repository = f.context().getService(f.context().getServiceReference(Repository.class));
        Requirement byKey = key(repository, "(|(key=15b3:101e)(key=15b3:any))");
        var providers = repository.findProviders(List.of(byKey)).get(byKey);
        assertEquals(1, providers.size());
        Resource found = providers.iterator().next().getResource();
        try (var content = ((RepositoryContent) found).getContent()) {
            assertEquals(jar.length, content.readAllBytes().length);
        }
        assertEquals((long) jar.length, found.getCapabilities("osgi.content").get(0).getAttributes().get("size"));
        Requirement identity = repository.newRequirementBuilder("osgi.identity")
                .addDirective("filter", "(osgi.identity=other)").build();
        assertEquals(1, repository.findProviders(List.of(identity)).get(identity).size());
        assertEquals(List.of(), List.copyOf(repository.findProviders(List.of(key(repository, "(driver=none)"))).values()
                .iterator().next()));
    }

    private static Requirement key(Repository repository, String filter) {
        return repository.newRequirementBuilder("vfio.pci.driver").addDirective("filter", filter).build();
    }

    @Test
    void repositoryAnswersExpressions() throws IOException, Exception {
        Jars.driver("a", "1").writeTo(file("a.jar"));
        Jars.driver("b", "1").writeTo(file("b.jar"));
        f.start();
        Repository repository = f.context().getService(f.context().getServiceReference(Repository.class));
        ExpressionCombiner combine = repository.getExpressionCombiner();
        var a = combine.identity(key(repository, "(driver=a)"));
        var b = combine.identity(key(repository, "(driver=b)"));
        assertEquals(2, repository.findProviders(combine.or(a, b)).getValue().size());
        assertEquals(0, repository.findProviders(combine.and(a, b)).getValue().size());
        assertEquals(1, repository.findProviders(combine.not(a)).getValue().size());
        assertTrue(repository.findProviders(new RequirementExpression() { }).getFailure() != null);
    }
}
