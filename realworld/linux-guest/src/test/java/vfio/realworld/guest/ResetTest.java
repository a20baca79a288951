// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.VfioException;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.core.info.DeviceInfo;
import vfio.hardware.linux.device.HostDevices.Access;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.id.HotResetInfo;

/** Reset, hot reset and low power, which the kernel does for files that we hold. */
class ResetTest {
    private static final String EDU = "1234:11e8";
    private static final String CARD = "8086:10d3";
    private static final int CONFIG = 7;

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    /** The two that share a bus below the bridge. */
    private static List<String> neighbours() throws Exception {
        return Guest.functions().entrySet().stream().filter(entry -> entry.getValue().equals(EDU))
                .map(entry -> entry.getKey())
                .filter(name -> !name.startsWith("0000:00:")).toList();
    }

    @Test
    void cardIsReset() throws Exception {
        try (Given card = Given.of(Guest.function(CARD)); HostDevice device = card.open(Access.AUTO)) {
            assertTrue((device.info().flags() & DeviceInfo.RESET) != 0);
            device.region(CONFIG).write(4, 2, 6);
            device.reset();
            assertEquals(0x10d38086, device.region(CONFIG).read(0, 4));
            assertNotEquals(0xffffffffL, device.region(0).read(8, 4), "its registers are there");
        }
    }

    @Test
    void busIsResetWhereAllOnItAreOurs() throws Exception {
        List<String> names = neighbours();
        assertEquals(2, names.size());
        Given two = Given.of(names.get(1));
        try (Given one = Given.of(names.get(0)); Given other = Given.of("0000:00:10.0")) {
            try (HostDevice device = one.open(Access.GROUP); HostDevice foreign = other.open(Access.GROUP)) {
                HotResetInfo info = device.hotResetInfo();
                assertEquals(names, info.dependents().stream().map(all -> all.address().toString()).toList());
                assertEquals(1, info.dependents().stream().map(HotResetInfo.Dependent::id).distinct().count());
                assertEquals(Errno.EINVAL, errno(() -> device.hotReset(List.of())));
                assertEquals(Errno.EINVAL, errno(() -> device.hotReset(List.of(foreign))));
                device.hotReset(List.of(device));
                assertEquals(Errno.ENODEV, errno(foreign::hotResetInfo), "a root bus");
                two.close();
                assertEquals(Errno.EINVAL, errno(() -> device.hotReset(List.of(device))), "one is no VFIO device");
            }
        }
    }

    /** What is in one group is whose the group is: an iommufd has it whole. */
    @Test
    @EnabledIfSystemProperty(named = "guest.kernel", matches = "iommufd")
    void busIsResetWhereAllOnItAreOfOurIommufd() throws Exception {
        List<String> names = neighbours();
        Given two = Given.of(names.get(1));
        try (Given one = Given.of(names.get(0)); HostDevice device = one.open(Access.CDEV)) {
            HotResetInfo owned = device.hotResetInfo();
            assertEquals(HotResetInfo.DEV_ID | HotResetInfo.DEV_ID_OWNED, owned.flags());
            assertEquals(names, owned.dependents().stream().map(all -> all.address().toString()).toList());
            assertTrue(owned.dependents().get(0).id() > 0);
            assertEquals(HotResetInfo.OWNED, owned.dependents().get(1).id(), "not open, and of our group");
            assertEquals(Errno.EPERM, errno(() -> two.open(Access.CDEV)), "of another iommufd");
            device.region(CONFIG).write(4, 2, 6);
            device.hotReset(List.of());
            assertEquals(0x11e81234, device.region(CONFIG).read(0, 4));
            two.close();
            HotResetInfo blocked = device.hotResetInfo();
            assertEquals(HotResetInfo.DEV_ID, blocked.flags());
            assertEquals(HotResetInfo.NOT_OWNED, blocked.dependents().get(1).id(), "no VFIO device");
            assertEquals(Errno.EINVAL, errno(() -> device.hotReset(List.of())));
        }
    }

    private static void feature(HostDevice device, int number, Object attachment) {
        ByteBuffer payload = ByteBuffer.allocate(attachment == null ? 0 : 8).order(ByteOrder.LITTLE_ENDIAN);
        device.feature(new FeatureRequest(8 + payload.capacity(), FeatureRequest.SET | number, payload, attachment));
    }

    @Test
    void cardIsLetSleepOnceAndWoken() throws Exception {
        try (Given card = Given.of(Guest.function(CARD)); HostDevice device = card.open(Access.AUTO)) {
            feature(device, Features.LOW_POWER_ENTRY, null);
            assertEquals(Errno.EINVAL, errno(() -> feature(device, Features.LOW_POWER_ENTRY, null)));
            feature(device, Features.LOW_POWER_EXIT, null);
            feature(device, Features.LOW_POWER_ENTRY_WITH_WAKEUP, EventSignal.calling(() -> { }));
            feature(device, Features.LOW_POWER_EXIT, null);
            assertEquals(0x10d38086, device.region(CONFIG).read(0, 4));
        }
    }

    /** The other kernel has no power management. */
    @Test
    @EnabledIfSystemProperty(named = "guest.kernel", matches = "debian")
    void accessWakesACardThatSleepsAndTellsItsUser() throws Exception {
        AtomicInteger woken = new AtomicInteger();
        try (Given card = Given.of(Guest.function(CARD)); HostDevice device = card.open(Access.AUTO)) {
            Path status = card.directory().resolve("power/runtime_status");
            feature(device, Features.LOW_POWER_ENTRY_WITH_WAKEUP, EventSignal.calling(woken::incrementAndGet));
            Awaitility.await().atMost(Duration.ofSeconds(60))
                    .until(() -> Files.readString(status).trim().equals("suspended"));
            assertEquals(0x10d38086, device.region(CONFIG).read(0, 4));
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> woken.get() == 1);
        }
    }
}
