// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.lang.annotation.Annotation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.felix.framework.FrameworkFactory;
import org.apache.felix.scr.info.ScrInfo;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import vfio.core.Event;
import vfio.core.EventLog;
import vfio.deploy.DeployAdmin.FileRow;
import vfio.deploy.UpdateAdmin;

/** A framework with declarative services, a fake core, and the component under test on a folder of its own. */
final class Fixture implements AutoCloseable {
    private static final String API = "vfio.core;version=1.0.0,vfio.pci.core;version=1.0.0,"
            + "org.osgi.service.component;version=1.5,org.osgi.service.component.runtime;version=1.5,"
            + "org.osgi.service.component.runtime.dto;version=1.5,org.osgi.util.promise;version=1.3,"
            + "org.osgi.util.function;version=1.2";

    final Path home;
    final Path folder;
    final Path shipped;
    final Path staging;
    final Framework framework;
    final EventLog events = new EventLog();
    final FakeCore core;
    DriverDeployment deploy;
    long startLimitMillis = 10_000;
    long patienceMillis = 2000;
    String updatePolicy = "keep";
    long updateRate;
    long soakSeconds;
    long soakOperations;

    Fixture(Path home) throws Exception {
        this.home = home;
        folder = privateFolder(home.resolve("drivers"));
        shipped = privateFolder(home.resolve("shipped"));
        staging = home.resolve("state/staging");
        framework = new FrameworkFactory().newFramework(Map.of(Constants.FRAMEWORK_STORAGE, home.resolve("cache").toString(),
                Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT,
                Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, API, Constants.FRAMEWORK_BSNVERSION,
                Constants.FRAMEWORK_BSNVERSION_MULTIPLE, "felix.log.level", "0"));
        framework.start();
        core = new FakeCore(context());
    }

    static Path privateFolder(Path folder) throws IOException {
        return Files.createDirectories(folder,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    Fixture withComponents() throws BundleException {
        String scr = ScrInfo.class.getProtectionDomain().getCodeSource().getLocation().toString();
        context().installBundle(scr).start();
        return this;
    }

    BundleContext context() {
        return framework.getBundleContext();
    }

    Fixture start() throws IOException {
        deploy = new DriverDeployment(context(), config(List.of(folder)), core, core, events);
        var runtime = context().getServiceReference(ServiceComponentRuntime.class);
        if (runtime != null) {
            deploy.addComponents(context().getService(runtime));
        }
        return this;
    }

    /** Starts, and returns when what is in the folder has been handled. */
    Fixture scanned() throws IOException {
        start();
        deploy.rescan();
        return this;
    }

    DriverDeployment.Config config(List<Path> folders) {
        long start = startLimitMillis;
        long patience = patienceMillis;
        return new DriverDeployment.Config() {
            @Override
            public Class<? extends Annotation> annotationType() {
                return DriverDeployment.Config.class;
            }

            @Override
            public String[] folders() {
                return folders.stream().map(Path::toString).toArray(String[]::new);
            }

            @Override
            public String[] shipped() {
                return new String[] {shipped.toString()};
            }

            @Override
            public String staging() {
                return staging.toString();
            }

            @Override
            public long quietMillis() {
                return 50;
            }

            @Override
            public long patienceMillis() {
                return patience;
            }

            @Override
            public long startLimitMillis() {
                return start;
            }

            @Override
            public String updatePolicy() {
                return updatePolicy;
            }

            @Override
            public long updateRate() {
                return updateRate;
            }

            @Override
            public long updateRetryMillis() {
                return 20;
            }

            @Override
            public long soakSeconds() {
                return soakSeconds;
            }

            @Override
            public long soakOperations() {
                return soakOperations;
            }
        };
    }

    /** The operator's facet of updates, as a service. */
    UpdateAdmin updates() {
        return context().getService(context().getServiceReference(UpdateAdmin.class));
    }

    FileRow row(String file) {
        return deploy.files().stream().filter(row -> row.file().equals(file)).findFirst()
                .orElseThrow(() -> new AssertionError("no row for " + file + " in " + deploy.files()));
    }

    /** {@code state} of a file, or "none". */
    String state(String file) {
        return deploy.files().stream().filter(row -> row.file().equals(file)).map(FileRow::state).findFirst().orElse("none");
    }

    /** Copies of drivers, whole or not. */
    List<Path> staged() throws IOException {
        try (var files = Files.newDirectoryStream(staging, "*.{jar,tmp}")) {
            List<Path> staged = new ArrayList<>();
            files.forEach(staged::add);
            return staged;
        }
    }

    /** {@code name version} of what we have running. */
    List<String> running() {
        return Arrays.stream(context().getBundles()).filter(DriverBundles::isOurs).filter(b -> b.getState() == Bundle.ACTIVE)
                .map(b -> b.getSymbolicName() + " " + b.getVersion()).sorted().toList();
    }

    /** Driver bundles in whatever state. */
    List<Bundle> ours() {
        return Arrays.stream(context().getBundles()).filter(DriverBundles::isOurs).toList();
    }

    List<String> eventTypes() throws InterruptedException {
        return events.after(0, 1000, Duration.ZERO).stream().map(Event::type).toList();
    }

    void end() {
        if (deploy != null) {
            deploy.deactivate();
            deploy = null;
        }
    }

    @Override
    public void close() throws BundleException {
        end();
        System.setProperty("sample.release", "now");
        try {
            framework.stop();
            framework.waitForStop(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            System.clearProperty("sample.release");
        }
    }
}
