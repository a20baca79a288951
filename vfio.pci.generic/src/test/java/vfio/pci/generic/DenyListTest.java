// SPDX-License-Identifier: Apache-2.0
package vfio.pci.generic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.Event;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.hardware.emulated.FunctionDescription;
import vfio.pci.core.PciBinding;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.DeviceKey;
import vfio.testkit.Rig;

/** Functions that the generic driver takes only where the operator says so. */
class DenyListTest {
    private static final int INTEL = 0x8086;
    private static final Set<Integer> DENIED = Set.of(0x0435, 0x0443, 0x0b25, 0x0cfe, 0x19e2, 0x19e3, 0x37c8, 0x37c9);

    private final EventLog events = new EventLog();

    /** Probes a function of these ids. */
    private PciBinding probe(int vendor, int device, Map<String, String> settings) {
        GenericDriver driver = new GenericDriver(events);
        FunctionDescription model = FunctionDescription.builder(new DeviceKey(vendor, device, vendor, 1, 0x0b4000)).build();
        try (Rig rig = new Rig(model, () -> driver).named("vfio-pci").settings(settings)) {
            rig.bind();
            return rig.binding();
        }
    }

    private List<Event> events() {
        try {
            return events.after(0, Integer.MAX_VALUE, Duration.ZERO);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @CsvSource({"0435, QAT_DH895XCC", "0443, QAT_DH895XCC_VF", "0b25, DSA_SPR0", "0cfe, IAX_SPR0", "19e2, QAT_C3XXX",
            "19e3, QAT_C3XXX_VF", "37c8, QAT_C62X", "37c9, QAT_C62X_VF"})
    void deniedFunctionIsEinvalWithWhyAndHowToAllowIt(String device, String name) {
        VfioException refusal =
                assertThrows(VfioException.class, () -> probe(INTEL, Integer.parseInt(device, 16), Map.of()));
        assertEquals(Errno.EINVAL, refusal.errno());
        for (String part : List.of("8086:" + device + ", " + name + ",", "deny list of vfio-pci", "user",
                "disableDenylist=true in vfio.pci.driver~vfio-pci")) {
            assertTrue(refusal.sentence().contains(part), refusal.sentence());
        }
        assertEquals(List.of(), events());
    }

    @Test
    void noOtherDeviceOfTheVendorIsDenied() {
        List<Integer> denied = IntStream.rangeClosed(0, 0xffff).filter(id -> DenyList.of(INTEL, id).isPresent()).boxed()
                .toList();
        assertEquals(DENIED, Set.copyOf(denied));
    }

    @Test
    void neighboursOfDeniedIdsAndOtherVendorsArePassed() {
        for (int id : DENIED) {
            assertInstanceOf(VfioPciOperations.class, probe(0x15b3, id, Map.of()));
            for (int next : new int[] {id - 1, id + 1}) {
                if (!DENIED.contains(next)) {
                    assertInstanceOf(VfioPciOperations.class, probe(INTEL, next, Map.of()));
                }
            }
        }
        assertEquals(List.of(), events());
    }

    @Test
    void deniedFunctionIsTakenWhereTheOperatorSaysSoAndAnEventTells() {
        for (int id : DENIED) {
            assertInstanceOf(VfioPciOperations.class, probe(INTEL, id, Map.of("disableDenylist", "true")));
        }
        assertEquals(DENIED.size(), events().size());
        for (Event event : events()) {
            assertEquals("denylist", event.type());
            assertTrue(event.text().contains(" is allowed by disableDenylist, though "), event.text());
        }
    }

    @Test
    void optionSaysNothingOfAFunctionThatIsNotDenied() {
        probe(INTEL, 0x10d3, Map.of("disableDenylist", "true"));
        assertEquals(List.of(), events());
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "", "1", "yes", "truely"})
    void whatIsNotTrueAllowsNothing(String value) {
        assertThrows(VfioException.class, () -> probe(INTEL, 0x0435, Map.of("disableDenylist", value)));
    }

    @Test
    void deniedFunctionStaysWithoutADriver() {
        FunctionDescription model = FunctionDescription.builder(new DeviceKey(INTEL, 0x37c8, INTEL, 0, 0x0b4000)).build();
        try (Rig rig = new Rig(model, () -> new GenericDriver(events))) {
            assertEquals(Errno.EINVAL, assertThrows(VfioException.class, rig::bind).errno());
            assertEquals(Errno.ENODEV, assertThrows(VfioException.class, rig::open).errno());
        }
    }
}
