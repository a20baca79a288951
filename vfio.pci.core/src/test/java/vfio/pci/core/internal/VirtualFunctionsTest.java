// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.fake.HardwareImage;
import vfio.pci.core.id.PciAddress;

/** The VFs of a PF that a VFIO driver has. */
class VirtualFunctionsTest {
    private static final String PF = "0000:01:00.0";
    private static final String VF = "0000:01:00.1";

    private final TestCore core = new TestCore();

    @BeforeEach
    void plug() {
        HardwareImage image = new HardwareImage(4096);
        image.standard(0x10, HardwareImage.body(0x32, 0, 2));
        image.extended(0x10, HardwareImage.body(0x3c));
        core.plug(PF, 1, 2).config = image;
        core.arrives(FakeDriver.flagged("gen", "*:*").with("vfio.pci.ops", "gen-ops"));
        core.arrives(FakeDriver.flagged("other", "*:*"));
        core.admin.bind(PF, "gen", false);
    }

    @AfterEach
    void end() {
        core.close();
    }

    private void plugVf() {
        FakeFunction function = new FakeFunction(VF, 1, 3);
        function.physicalFunction = PciAddress.parse(PF);
        core.bus.plug(function);
    }

    @Test
    @Tag("A3.7-16")
    @Tag("A3.7-17")
    void newVfIsItsPfsDrivers() {
        plugVf();
        assertEquals("gen", core.admin.function(VF).row().override());
    }

    @Test
    @Tag("A3.7-18")
    void vfOfAnotherDriverIsWarnedOf() {
        plugVf();
        core.admin.bind(VF, "other", false);
        assertEquals("other", core.admin.function(VF).row().driver());
        assertEquals(1, core.events("vf-driver").size());
    }

    @Test
    @Tag("A3.7-14")
    void tokenThatThePfsUserSetsIsTheOneItsVfsNeed() {
        plugVf();
        core.admin.bind(VF, "gen", false);
        try (DeviceHandle pf = core.programs.open(PF, VfioUser.named("pf"))) {
            ByteBuffer uuid = ByteBuffer.allocate(16).putLong(0x0123456789ab4defL).putLong(0x8123456789abcdefL).flip();
            pf.feature(new FeatureRequest(24, FeatureRequest.SET | Features.PCI_VF_TOKEN, uuid, null));
            assertEquals(Errno.EACCES, TestCore.errno(() -> core.programs.open(VF, VfioUser.named("vf"))));
            core.programs.open(VF + " vf_token=01234567-89ab-4def-8123-456789abcdef", VfioUser.named("vf")).close();
        }
    }

    @Test
    @Tag("A3.7-15")
    void deviceWithoutVfsHasNoToken() {
        core.plug("0000:05:00.0", 1, 2);
        core.admin.bind("0000:05:00.0", "gen", false);
        try (DeviceHandle plain = core.programs.open("0000:05:00.0", VfioUser.named("user"))) {
            assertEquals(Errno.ENOTTY, TestCore.errno(() -> plain.feature(new FeatureRequest(24,
                    FeatureRequest.SET | Features.PCI_VF_TOKEN, ByteBuffer.allocate(16), null))));
        }
    }
}
