// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** What the kernel writes to a uevent socket, and what others might. */
class UeventTest {

    private static Optional<Uevent> parse(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return Uevent.parse(bytes, bytes.length);
    }

    @Test
    void deviceThatIsAdded() {
        Uevent event = parse("add@/devices/pci0000:00/0000:00:04.0\0ACTION=add\0SUBSYSTEM=pci\0"
                + "PCI_SLOT_NAME=0000:00:04.0\0MODALIAS=pci:v0000\0SEQNUM=12\0").orElseThrow();
        assertEquals("add", event.action());
        assertEquals("/devices/pci0000:00/0000:00:04.0", event.path());
        assertEquals("pci", event.property("SUBSYSTEM"));
        assertEquals("0000:00:04.0", event.property("PCI_SLOT_NAME"));
        assertEquals("", event.property("DRIVER"));
    }

    @Test
    void messageOfUdevIsNone() {
        assertTrue(parse("libudev\0\u0001\u0002").isEmpty());
        assertTrue(parse("").isEmpty());
        assertTrue(parse("@/devices").isEmpty());
        assertTrue(parse("add@").isEmpty());
        assertTrue(parse("add@devices").isEmpty());
    }

    @Test
    void valueMayHaveAnEqualsSignAndANameMustBe() {
        Uevent event = parse("change@/d\0A=b=c\0=x\0nothing\0E=\0").orElseThrow();
        assertEquals("b=c", event.property("A"));
        assertEquals(2, event.properties().size());
    }

    @Property(tries = 2000)
    void anyBytesAreReadWithoutHarm(@ForAll byte[] bytes) {
        Uevent.parse(bytes, bytes.length).ifPresent(event -> assertTrue(event.path().startsWith("/")));
    }

    @Test
    void hearingNothingDoesNotWait() {
        long before = OpenFiles.descriptors();
        try (Uevents uevents = Kernel.host().uevents()) {
            Optional<Uevent> any = uevents.next();
            assertTrue(any.isEmpty() || any.get().path().startsWith("/"));
        }
        assertEquals(before, OpenFiles.descriptors());
    }
}
