// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceEvent;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.UnsatisfiedReferenceDTO;
import vfio.admin.ExitCode;
import vfio.admin.control.RunDirectory;

/**
 * A start of the framework, watched: components get their settings before they are looked for, and each one that does not
 * come up is named.
 */
final class Startup {
    private static final String SCANNED = "(osgi.condition.id=vfio.deploy.scanned)";
    private static final String CONSEQUENCE = "Unable to get service for reference";
    private static final String CAUSE = "Caused by: ";
    private static final long SCAN_SECONDS = 60;
    private static final long EVENT_SECONDS = 30;

    private final BundleContext context;
    private final Path directory;
    private final Configurations configurations;
    private final Map<Long, String> failures = new ConcurrentHashMap<>();
    private final CountDownLatch told = new CountDownLatch(1);
    private final CountDownLatch scanned = new CountDownLatch(1);
    private volatile IOException notStored;

    /** Begins to watch a framework that is initialised and not started. */
    Startup(BundleContext context, Path directory, Configurations configurations) {
        this.context = context;
        this.directory = directory;
        this.configurations = configurations;
        context.addFrameworkListener(this::onFramework);
        try {
            context.addServiceListener(this::onService, "(objectClass=" + ConfigurationAdmin.class.getName() + ")");
            context.addServiceListener(e -> scanned.countDown(), SCANNED);
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Takes an event on the framework's own thread, in order: after STARTED no failure of the start is left. */
    private void onFramework(FrameworkEvent event) {
        if (event.getType() == FrameworkEvent.STARTED) {
            told.countDown();
        } else if (event.getType() == FrameworkEvent.ERROR && event.getThrowable() != null) {
            Throwable cause = event.getThrowable();
            while (cause.getCause() != null && cause instanceof BundleException) {
                cause = cause.getCause();
            }
            failures.putIfAbsent(event.getBundle().getBundleId(), String.valueOf(cause.getMessage()));
        }
    }

    /** Stores the settings while Configuration Admin starts, at level 1: nothing that reads a setting runs yet. */
    private void onService(ServiceEvent event) {
        if (event.getType() == ServiceEvent.REGISTERED
                && context.getService(event.getServiceReference()) instanceof ConfigurationAdmin admin) {
            try {
                configurations.store(admin);
            } catch (IOException e) {
                notStored = e;
            }
        }
    }

    /** Waits until every bundle runs, no component of theirs has failed, and the folder was scanned. */
    void check(List<Bundle> bundles) throws LaunchException, InterruptedException, IOException {
        if (notStored != null) {
            throw notStored;
        }
        if (!told.await(EVENT_SECONDS, TimeUnit.SECONDS)) {
            throw missing("the framework did not say within " + EVENT_SECONDS + " s that it has started");
        }
        List<String> wrong = new ArrayList<>();
        for (Bundle bundle : bundles) {
            boolean later = bundle.adapt(BundleStartLevel.class).getStartLevel()
                    > Provisioning.LAST_LEVEL;
            if (bundle.getState() != Bundle.ACTIVE && !later) {
                wrong.add("bundle " + bundle.getSymbolicName() + " " + bundle.getVersion() + " did not start: "
                        + failures.getOrDefault(bundle.getBundleId(), "no reason was given"));
            }
        }
        fail(wrong, "; build all bundles again: mvn clean package");
        fail(failedComponents(), "");
        if (!scanned.await(SCAN_SECONDS, TimeUnit.SECONDS)) {
            throw missing("the first scan of the drivers folder did not end within " + SCAN_SECONDS + " s");
        }
        if (!Files.exists(new RunDirectory(directory).socket())) {
            throw missing("there is no control socket in " + directory);
        }
        fail(unread(UnreadSettings::ours), ""); // drivers that are here have components, too
    }

    private static void fail(List<String> wrong, String advice) throws LaunchException {
        if (!wrong.isEmpty()) {
            throw new LaunchException(ExitCode.REFUSED, String.join("\nvfio: ", wrong) + advice);
        }
    }

    private LaunchException missing(String what) {
        List<String> waiting = unsatisfiedComponents();
        return new LaunchException(ExitCode.REFUSED, what + (waiting.isEmpty() ? "" : "; components that wait: "
                + String.join("; ", waiting)));
    }

    /** Returns the sentences of components that failed. Those that failed because they refer to another one are left out. */
    private List<String> failedComponents() {
        List<String> failed = new ArrayList<>();
        for (ComponentConfigurationDTO each : configured()) {
            if (each.state == ComponentConfigurationDTO.FAILED_ACTIVATION) {
                failed.add(sentence(each));
            }
        }
        List<String> causes = failed.stream().filter(sentence -> !sentence.startsWith(CONSEQUENCE)).distinct().toList();
        return causes.isEmpty() ? failed : causes;
    }

    /** Returns the last cause in the trace that SCR kept of the exception, without the class names before the sentence. */
    private static String sentence(ComponentConfigurationDTO component) {
        List<String> lines = String.valueOf(component.failure).lines().toList();
        String line = lines.stream().filter(each -> each.startsWith(CAUSE)).reduce((before, last) -> last)
                .map(each -> each.substring(CAUSE.length())).orElse(lines.isEmpty() ? "" : lines.get(0));
        String text = line.replaceFirst("^([\\w$]+\\.)+[\\w$]+: ", "");
        return text.isEmpty() ? component.description.name + " could not be activated: " + line : text;
    }

    private List<String> unsatisfiedComponents() {
        List<String> waiting = new ArrayList<>();
        for (ComponentConfigurationDTO each : configured()) {
            for (UnsatisfiedReferenceDTO reference : each.unsatisfiedReferences) {
                waiting.add(each.description.name + " for " + reference.name);
            }
        }
        return waiting;
    }

    private List<ComponentConfigurationDTO> configured() {
        List<ComponentConfigurationDTO> all = new ArrayList<>();
        ServiceReference<ServiceComponentRuntime> reference = context.getServiceReference(ServiceComponentRuntime.class);
        if (reference != null) {
            ServiceComponentRuntime runtime = context.getService(reference);
            for (ComponentDescriptionDTO each : runtime.getComponentDescriptionDTOs()) {
                all.addAll(runtime.getComponentConfigurationDTOs(each));
            }
        }
        return all;
    }

    /** Returns settings of drivers that are not here, or not yet: most likely their names are wrong. */
    List<String> warnings() {
        return unread(UnreadSettings::others);
    }

    /** Returns sentences on settings that no component reads. Asks nothing where none was given, as in most starts. */
    private List<String> unread(Function<UnreadSettings, List<String>> which) {
        ServiceReference<ServiceComponentRuntime> reference = context.getServiceReference(ServiceComponentRuntime.class);
        return configurations.given().isEmpty() || reference == null ? List.of()
                : which.apply(new UnreadSettings(context.getService(reference).getComponentDescriptionDTOs(),
                        configurations.given()));
    }
}
