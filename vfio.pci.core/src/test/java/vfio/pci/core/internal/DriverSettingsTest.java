// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.VfioException;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.internal.slot.DriverSettings;

/** Settings of one driver: those of the core are understood or refused, others are the driver's own. */
class DriverSettingsTest {
    /** As the framework converts texts: what it makes of wrong ones is never asked for. */
    private static DriverSettings.Config config(Map<String, Object> given) {
        return (DriverSettings.Config) Proxy.newProxyInstance(DriverSettings.class.getClassLoader(),
                new Class<?>[] {DriverSettings.Config.class}, (self, method, arguments) -> {
                    Object value = given.getOrDefault(method.getName(), method.getDefaultValue());
                    return method.getReturnType() == long.class ? Long.valueOf(value.toString())
                            : method.getReturnType() == boolean.class ? Boolean.valueOf(value.toString()) : value;
                });
    }

    private static Map<String, Object> properties(Map<String, Object> given) {
        Map<String, Object> all = new HashMap<>(given);
        all.put("service.pid", "vfio.pci.driver~gen");
        all.put("component.name", "any");
        return all;
    }

    private static DriverSettings settings(Map<String, Object> given) {
        return new DriverSettings(config(given), properties(given));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "nointxmask | maybe | it is true or false",
        "probeLimitMillis | abc | it is a whole number from 0 on",
        "probeLimitMillis | -5 | it is a whole number from 0 on",
        "noinxmask | true | there is no such setting; did you mean nointxmask?",
        "ids | 8086:100e,zz | '8086:100e,zz' is not vendor:device in hex, several with commas between",
        "ids | 8086:100e,z:z | ids item 'z:z' is none: expected vendor:device in hex"})
    void wrongWordIsRefusedWithWhatIsAllowed(String name, String value, String why) {
        VfioException refused = assertThrows(VfioException.class, () -> settings(Map.of(name, value)));
        assertEquals("setting vfio.pci.driver~gen:" + name + "=" + value + ": " + why, refused.sentence());
    }

    @Test
    void namesThatAreFarFromOursAreTheDriversOwn() {
        assertEquals("7", settings(Map.of("debug", "7")).functions().given().get("debug"));
    }

    @Test
    void changeThatCannotBeUnderstoodLeavesAllAsItWas() {
        try (TestCore core = new TestCore()) {
            DriverSettings settings = settings(Map.of("probeLimitMillis", "500", "nointxmask", "true"));
            core.core.addSettings(settings);
            Map<String, Object> wrong = Map.of("probeLimitMillis", "600", "nointxmask", "maybe");
            settings.modified(config(wrong), properties(wrong));
            core.core.updatedSettings(settings);
            assertEquals(Optional.of(Duration.ofMillis(500)), settings.limit());
            assertTrue(settings.functions().nointxmask());
            assertTrue(core.events("setting-refused").get(0).text().endsWith(
                    "nointxmask=maybe: it is true or false; all of vfio.pci.driver~gen stay as they were"));
        }
    }

    @Test
    void changedIdsTakeThePlaceOfThoseBefore() {
        try (TestCore core = new TestCore()) {
            core.arrives(FakeDriver.flagged("gen", "9:9"));
            core.plug("0000:01:00.0", 1, 2);
            DriverSettings settings = settings(Map.of("ids", "1:2"));
            core.core.addSettings(settings);
            assertEquals(1, core.admin.drivers().get(0).dynamicIds());
            Map<String, Object> changed = Map.of("ids", "1:3,1:4");
            settings.modified(config(changed), properties(changed));
            core.core.updatedSettings(settings);
            assertEquals(2, core.admin.drivers().get(0).dynamicIds());
            assertEquals("no-entry", core.admin.why("0000:01:00.0", "gen").reason());
        }
    }
}
