// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.settings.Form;
import vfio.core.settings.SettingTable;
import vfio.pci.core.internal.function.FunctionSettings;
import vfio.pci.core.internal.match.DynamicIds;

/**
 * The settings of one driver, PID {@code vfio.pci.driver~NAME}. The core reads them, never the driver's component, so that a
 * change does not re-create a driver that is bound.
 */
@Component(service = DriverSettings.class, configurationPid = "vfio.pci.driver",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class DriverSettings {
    /** The settings as an operator writes them. */
    public @interface Config {
        /** Dynamic ids from the start, as the kernel's {@code ids=} parameter. */
        @Form(value = "([^,:]+(:[^,:]+){1,5}(,|$))*", expected = "vendor:device in hex, several with commas between")
        String ids() default "";

        /** How long a call of this driver may take, in ms; 0 for the core's limit. */
        long probeLimitMillis() default 0;

        /** Whether INTx Disable stays unused: then INTx works only where its line is not shared. */
        boolean nointxmask() default false;

        /** Whether users get no VGA region. */
        boolean disableVga() default false;

        /** Whether functions without a user stay in D0. */
        boolean disableIdleD3() default false;

        /** Whether an operator may make VFs of a PF appear. */
        boolean enableSriov() default false;
    }

    private static final System.Logger LOG = System.getLogger(DriverSettings.class.getName());
    private static final SettingTable TABLE = new SettingTable(Config.class);

    private final String pid;
    private volatile Read read;
    private volatile List<String> problems = List.of();

    /** The settings after reading. */
    private record Read(DynamicIds ids, Duration limit, FunctionSettings functions) {
    }

    /**
     * Reads the settings of a new PID.
     *
     * @throws VfioException EINVAL where a setting cannot be understood; the exception's sentence names each such setting
     */
    @Activate
    public DriverSettings(Config config, Map<String, Object> properties) {
        pid = String.valueOf(properties.get("service.pid"));
        List<String> wrong = problems(config, properties);
        if (!wrong.isEmpty()) {
            throw new VfioException(Errno.EINVAL, String.join("; ", wrong));
        }
        read = read(config, properties);
    }

    /** Takes over changed settings; where one cannot be understood, all stay as they were. */
    @Modified
    public void modified(Config config, Map<String, Object> properties) {
        problems = problems(config, properties).stream().map(why -> why + "; all of " + pid + " stay as they were").toList();
        problems.forEach(why -> LOG.log(Level.WARNING, why));
        if (problems.isEmpty()) {
            read = read(config, properties);
        }
    }

    private List<String> problems(Config config, Map<String, Object> properties) {
        List<String> problems = new ArrayList<>();
        new TreeMap<>(properties).forEach((name, value) -> {
            if (name.indexOf('.') < 0) { // else the property is the framework's
                TABLE.problemAmongOthers(name, value).ifPresent(why -> problems.add(of(name, value) + why));
            }
        });
        if (problems.isEmpty()) {
            DynamicIds.parameter(config.ids()).warnings().forEach(why -> problems.add(of("ids", config.ids()) + why));
        }
        return problems;
    }

    private String of(String name, Object value) {
        return "setting " + pid + ":" + name + "=" + (value instanceof Object[] list ? Arrays.toString(list) : value) + ": ";
    }

    private static Read read(Config config, Map<String, Object> properties) {
        Map<String, String> given = new HashMap<>();
        properties.forEach((name, value) -> {
            if (value instanceof String || value instanceof Boolean || value instanceof Number) {
                given.put(name, value.toString());
            }
        });
        return new Read(DynamicIds.parameter(config.ids()).ids(), Duration.ofMillis(config.probeLimitMillis()),
                new FunctionSettings(config.nointxmask(), config.disableVga(), config.disableIdleD3(), config.enableSriov(),
                        given));
    }

    /** Returns the driver's name, which is the PID's part behind the tilde. */
    public String driver() {
        return pid.substring(pid.indexOf('~') + 1);
    }

    /** Returns what was wrong with the latest change, a sentence each. */
    public List<String> problems() {
        return problems;
    }

    public DynamicIds ids() {
        return read.ids;
    }

    public FunctionSettings functions() {
        return read.functions;
    }

    public Optional<Duration> limit() {
        return read.limit.isZero() ? Optional.empty() : Optional.of(read.limit);
    }
}
