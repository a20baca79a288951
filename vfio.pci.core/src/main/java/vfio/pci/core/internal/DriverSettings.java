// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import vfio.pci.core.internal.function.FunctionSettings;

/**
 * One driver's settings, PID {@code vfio.pci.driver~NAME}: the core's to read, never the driver component's own, so that
 * changing them does not re-create a driver that is bound.
 */
@Component(service = DriverSettings.class, configurationPid = "vfio.pci.driver",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class DriverSettings {
    /** Settings. */
    @interface Config {
        /** Dynamic ids from the start, as the kernel's {@code ids=} parameter. */
        String ids() default "";

        /** How long a call of this driver may take, in ms; 0 for the core's limit. */
        long probeLimitMillis() default 0;

        /** INTx Disable is not used: INTx works only where its line is not shared. */
        boolean nointxmask() default false;

        /** Users get no VGA region. */
        boolean disableVga() default false;

        /** Functions that nobody uses stay in D0. */
        boolean disableIdleD3() default false;

        /** An operator may make VFs of a PF appear. */
        boolean enableSriov() default false;
    }

    private final String driver;
    private final Config config;
    private final Map<String, String> given = new HashMap<>();

    @Activate
    public DriverSettings(Config config, Map<String, Object> properties) {
        this.config = config;
        String pid = String.valueOf(properties.get("service.pid"));
        driver = pid.substring(pid.indexOf('~') + 1);
        properties.forEach((name, value) -> {
            if (value instanceof String || value instanceof Boolean || value instanceof Number) {
                given.put(name, value.toString());
            }
        });
    }

    /** The driver's name. */
    String driver() {
        return driver;
    }

    String ids() {
        return config.ids();
    }

    FunctionSettings functions() {
        return new FunctionSettings(config.nointxmask(), config.disableVga(), config.disableIdleD3(),
                config.enableSriov(), given);
    }

    Optional<Duration> limit() {
        return config.probeLimitMillis() > 0 ? Optional.of(Duration.ofMillis(config.probeLimitMillis())) : Optional.empty();
    }
}
