// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.HardwareImage;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.internal.sriov.VfToken;

/** Who may open a PF and its VFs, by the token that their users share. */
class VfTokenTest {
    private static final String PF = "0000:01:00.0";
    private static final String VF = "0000:01:00.1";
    private static final String OTHER_PF = "0000:02:00.0";
    private static final String PLAIN = "0000:03:00.0";
    private static final String TOKEN = " vf_token=8b6ab6ae-3e0d-4c0d-9f9d-0123456789ab";
    private static final String WRONG = " vf_token=8b6ab6ae-3e0d-4c0d-9f9d-0123456789ac";

    private final TestCore core = new TestCore();

    @BeforeEach
    void plug() {
        physical(PF);
        physical(OTHER_PF);
        core.plug(VF, 1, 3).physicalFunction = PciAddress.parse(PF);
        core.plug(PLAIN, 1, 2);
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.admin.bind(VF, "gen", false);
        core.admin.bind(PLAIN, "gen", false);
        core.admin.bind(OTHER_PF, "gen", false);
    }

    private void physical(String address) {
        HardwareImage image = new HardwareImage(4096);
        image.standard(0x10, HardwareImage.body(0x32, 0, 2));
        image.extended(0x10, HardwareImage.body(0x3c));
        core.plug(address, 1, 2).config = image;
    }

    @AfterEach
    void end() {
        core.close();
    }

    private DeviceHandle open(String name) {
        return core.programs.open(name, VfioUser.named("user"));
    }

    private Errno refused(String name) {
        return TestCore.errno(() -> open(name));
    }

    private void bindPf() {
        core.admin.bind(PF, "gen", false);
    }

    @Test
    @Tag("A3.7-1")
    @Tag("A3.7-2")
    void virtualFunctionOfAnUnboundPfTakesNoToken() {
        assertEquals(Errno.EINVAL, refused(VF + TOKEN));
        open(VF).close();
    }

    @Test
    void virtualFunctionOfAPfWhoseDriverUsesItItselfTakesNoToken() {
        core.arrives(FakeDriver.ordinary("nic", "1:2").owner());
        core.admin.bind(PF, "nic", false);
        assertEquals(Errno.EINVAL, refused(VF + TOKEN));
        open(VF).close();
    }

    @Test
    @Tag("A3.7-3")
    @Tag("A3.7-4")
    @Tag("A3.7-5")
    void virtualFunctionNeedsThePfsToken() {
        bindPf();
        open(PF + TOKEN).close();
        assertEquals(Errno.EACCES, refused(VF));
        assertEquals(Errno.EACCES, refused(VF + WRONG));
        assertEquals(Errno.EACCES, TestCore.errno(() -> core.programs.openDirect(VF + WRONG, VfioUser.named("user"))));
        open(VF + TOKEN).close();
        core.programs.openDirect(VF + TOKEN, VfioUser.named("user")).close();
    }

    @Test
    @Tag("A3.7-6")
    @Tag("A3.7-7")
    @Tag("A3.7-8")
    void physicalFunctionWithOpenVfsNeedsTheToken() {
        bindPf();
        open(PF + TOKEN).close();
        DeviceHandle virtual = open(VF + TOKEN);
        assertEquals(Errno.EACCES, refused(PF));
        assertEquals(Errno.EACCES, refused(PF + WRONG));
        open(PF + TOKEN).close();
        virtual.close();
        open(PF).close();
    }

    @Test
    @Tag("A3.7-9")
    @Tag("A3.7-10")
    void physicalFunctionWithoutOpenVfsTakesATokenAndKeepsIt() {
        bindPf();
        open(PF + TOKEN).close();
        open(PF).close();
        open(VF + TOKEN).close();
        open(PF + WRONG).close();
        assertEquals(Errno.EACCES, refused(VF + TOKEN));
        open(VF + WRONG).close();
    }

    @Test
    @Tag("A3.7-11")
    @Tag("A3.7-12")
    void functionThatIsNeitherTakesNoToken() {
        assertEquals(Errno.EINVAL, refused(PLAIN + TOKEN));
        open(PLAIN).close();
    }

    @Test
    @Tag("A3.7-13")
    void tokenIsRandomAtFirstAndAnotherForEachPf() throws Exception {
        bindPf();
        UUID one = token(PF);
        assertEquals(4, one.version());
        assertNotEquals(one, token(OTHER_PF));
        assertEquals(Errno.EACCES, refused(VF + TOKEN));
        open(VF + " vf_token=" + one).close();
        open(OTHER_PF + TOKEN).close();
        assertEquals(Errno.EACCES, refused(VF + TOKEN), "the token of another PF");
        core.admin.unbind(PF);
        bindPf();
        assertNotEquals(one, token(PF), "a token lives as long as the binding");
    }

    /** Nobody can ask for it. */
    private UUID token(String pf) throws Exception {
        Field token = VfToken.class.getDeclaredField("token");
        token.setAccessible(true);
        return (UUID) token.get(core.slot(pf).bound().token());
    }

    /** However often and on whatever road a VF is closed, it counts once. */
    @Test
    void virtualFunctionThatIsRevokedOrFailsToOpenIsNoUser() {
        bindPf();
        open(PF + TOKEN).close();
        DeviceHandle one = open(VF + TOKEN);
        DeviceHandle two = open(VF + TOKEN);
        one.close();
        assertEquals(Errno.EACCES, refused(PF));
        core.bus.unplug(core.bus.functions().stream().filter(f -> f.address().toString().equals(VF)).findFirst()
                .orElseThrow());
        two.close();
        open(PF).close();
    }

    @Test
    void openThatTheDriverRefusesCountsNoUser() {
        bindPf();
        open(PF + TOKEN).close();
        FakeDriver picky = core.arrives(FakeDriver.flagged("picky", "1:3"));
        core.admin.unbind(VF);
        core.admin.bind(VF, "picky", false);
        picky.onOpen = () -> {
            throw new VfioException(Errno.ENOMEM, "no queues");
        };
        assertEquals(Errno.ENOMEM, refused(VF + TOKEN));
        open(PF).close();
    }

    /** A3.6. */
    @ParameterizedTest
    @ValueSource(strings = {" vf_token=", " vf_token=8b6ab6ae-3e0d-4c0d-9f9d-0123456789a",
        " vf_token=8b6ab6ae-3e0d-4c0d-9f9d-0123456789abc", " vf_token=8b6ab6ae3e0d-4c0d-9f9d-0123456789ab-0", " vf_token",
        " token=8b6ab6ae-3e0d-4c0d-9f9d-0123456789ab", " vf_token=8b6ab6ae-3e0d-4c0d-9f9d-0123456789ag", " x", TOKEN + TOKEN,
        TOKEN + " x", "  VF_TOKEN=8b6ab6ae-3e0d-4c0d-9f9d-0123456789ab"})
    void optionThatIsUnknownMalformedOrGivenTwiceIsEinval(String options) {
        bindPf();
        open(PF + TOKEN).close();
        VfioException refusal = org.junit.jupiter.api.Assertions.assertThrows(VfioException.class, () -> open(VF + options));
        assertEquals(Errno.EINVAL, refusal.errno());
        assertTrue(!refusal.getMessage().contains("0123456789a"), "a token is a secret");
    }

    @Test
    void optionsMayStandApartAndTokensHaveNoCase() {
        bindPf();
        open(PF + TOKEN.toUpperCase(java.util.Locale.ROOT).replace("VF_TOKEN", "vf_token")).close();
        open(VF + "   " + TOKEN + " ").close();
    }
}
