// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import vfio.admin.ExitCode;

/** An operator's settings against what components declare. */
class DeclaredSettingsTest {
    @TempDir
    Path folder;
    private DeclaredSettings declared;

    /** A component. */
    static final class Component {
        @interface Config {
            long limitMillis() default 10;

            String[] folders() default {};

            boolean nointxmask() default false;
        }
    }

    @BeforeEach
    void describe() throws IOException {
        Path description = Files.writeString(folder.resolve("c.xml"), """
                <scr:component name="any" configuration-pid="vfio.some vfio.pci.driver" init="1">
                  <implementation class="%s"/>
                </scr:component>""".formatted(Component.class.getName()));
        declared = new DeclaredSettings(List.of((Bundle) Proxy.newProxyInstance(Bundle.class.getClassLoader(),
                new Class<?>[] {Bundle.class}, (self, method, arguments) -> switch (method.getName()) {
                    case "getHeaders" -> new Hashtable<>(Map.of("Service-Component", "gone.xml,c.xml"));
                    case "getEntry" -> arguments[0].equals("c.xml") ? description.toUri().toURL() : null;
                    case "loadClass" -> Class.forName((String) arguments[0]);
                    default -> throw new UnsupportedOperationException(method.toString());
                })));
    }

    private static Configurations.Given given(String pid, String key, Object value, String where) {
        return new Configurations.Given(pid, key, value, where);
    }

    private LaunchException refused(Configurations.Given... all) {
        return assertThrows(LaunchException.class, () -> declared.check(List.of(all)));
    }

    @Test
    void eachWrongSettingIsASentenceWithWhereItStandsAndWhatIsAllowed() {
        LaunchException refused = refused(given("vfio.some", "limitMillis", "abc", "vfio.some.properties"),
                given("vfio.some", "limitMilis", "5", "--set"), given("vfio.some", "folders", "/a,/b", "--set"),
                given("vfio.some", "limitMillis", "7", "--set"));
        assertEquals(List.of("setting vfio.some:limitMillis=abc (vfio.some.properties): it is a whole number from 0 on",
                "vfio: setting vfio.some:limitMilis=5 (--set): there is no such setting; did you mean limitMillis?; "
                        + "there are folders[], limitMillis, nointxmask",
                "vfio: setting vfio.some:folders=/a,/b (--set): it takes a list: write folders[]=/a,/b"),
                refused.getMessage().lines().toList());
        assertEquals(ExitCode.REFUSED.number(), refused.exitCode());
    }

    @Test
    void whatOnlyTheCommandLineGotWrongIsItsExitCode() {
        assertEquals(ExitCode.USAGE.number(), refused(given("vfio.some", "limitMillis", "7", "vfio.some.properties"),
                given("vfio.some", "nointxmask", "maybe", "--set")).exitCode());
    }

    @Test
    void driversHaveSettingsOfTheirOwnButNoneNearlyOurs() throws LaunchException {
        declared.check(List.of(given("vfio.pci.driver~gen", "debug", "7", "--set"), given("other.pid", "x", "y", "--set")));
        assertEquals("setting vfio.pci.driver~gen:noinxmask=true (--set): there is no such setting; did you mean nointxmask?",
                refused(given("vfio.pci.driver~gen", "noinxmask", "true", "--set")).getMessage());
    }

    @Test
    void pidsThatNobodyReadsAreOursOrADriversThatMayCome() {
        ComponentDescriptionDTO some = new ComponentDescriptionDTO();
        some.configurationPid = new String[] {"vfio.some"};
        UnreadSettings unread = new UnreadSettings(List.of(some), Stream.of("vfio.sume", "acme.driver", "vfio.some~one")
                .map(pid -> given(pid, "x", "y", "--set")).toList());
        assertEquals(List.of("settings of vfio.sume are read by no component here; did you mean vfio.some?"), unread.ours());
        assertEquals(List.of("settings of acme.driver are read by no component here"), unread.others());
    }

    @Test
    void listsAreGivenAsTheyAreWritten() {
        assertEquals("setting a:b[]=c,d (--set)", given("a", "b", new String[] {"c", "d"}, "--set").toString());
    }
}
