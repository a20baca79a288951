// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.device.VfioUser;
import vfio.pci.core.fake.FakeDriver;

/**
 * Owner of the override by policy by what happens to the drivers, for a function that is idle or held open. It starts
 * bound to {@code gen}, which has an ordinary entry; {@code zed} is here too, {@code best} may arrive.
 */
class PolicyTableTest {
    private static final String NAME = "0000:01:00.0";

    @ParameterizedTest
    @CsvSource({
        // owner, policy, use: driver override owner when gen stays, when gen leaves, when best arrives
        "none,    manual,     idle, gen - -,            - - -,              gen - -",
        "bind,    manual,     idle, gen gen operator,   - gen operator,     gen gen operator",
        "command, manual,     idle, gen gen operator,   - gen operator,     gen gen operator",
        "policy,  manual,     idle, gen gen operator,   - gen operator,     gen gen operator",
        "none,    auto,       idle, gen - -,            zed zed policy,     best best policy",
        "bind,    auto,       idle, gen gen policy,     zed zed policy,     best best policy",
        "command, auto,       idle, gen gen operator,   - gen operator,     gen gen operator",
        "policy,  auto,       idle, gen gen policy,     zed zed policy,     best best policy",
        "none,    pinned gen, idle, gen - -,            - - -,              gen - -",
        "bind,    pinned gen, idle, gen gen policy,     - - -,              gen gen policy",
        "command, pinned gen, idle, gen gen operator,   - gen operator,     gen gen operator",
        "policy,  pinned gen, idle, gen gen policy,     - - -,              gen gen policy",
        "none,    pinned zed, idle, zed zed policy,     zed zed policy,     zed zed policy",
        "bind,    pinned zed, idle, zed zed policy,     zed zed policy,     zed zed policy",
        "command, pinned zed, idle, - gen operator,     - gen operator,     - gen operator",
        "policy,  pinned zed, idle, zed zed policy,     zed zed policy,     zed zed policy",
        // Held open, a function changes its driver only when that leaves.
        "none,    manual,     open, gen - -,            - - -,              gen - -",
        "bind,    manual,     open, gen gen operator,   - gen operator,     gen gen operator",
        "command, manual,     open, gen gen operator,   - gen operator,     gen gen operator",
        "policy,  manual,     open, gen gen operator,   - gen operator,     gen gen operator",
        "none,    auto,       open, gen - -,            zed zed policy,     gen - -",
        "bind,    auto,       open, gen gen policy,     zed zed policy,     gen gen policy",
        "command, auto,       open, gen gen operator,   - gen operator,     gen gen operator",
        "policy,  auto,       open, gen gen policy,     zed zed policy,     gen gen policy",
        "none,    pinned gen, open, gen - -,            - - -,              gen - -",
        "bind,    pinned gen, open, gen gen policy,     - - -,              gen gen policy",
        "command, pinned gen, open, gen gen operator,   - gen operator,     gen gen operator",
        "policy,  pinned gen, open, gen gen policy,     - - -,              gen gen policy",
        "none,    pinned zed, open, gen - -,            zed zed policy,     gen - -",
        "bind,    pinned zed, open, gen gen policy,     zed zed policy,     gen gen policy",
        "command, pinned zed, open, gen gen operator,   - gen operator,     gen gen operator",
        "policy,  pinned zed, open, gen gen policy,     zed zed policy,     gen gen policy"})
    void driverOverrideAndOwner(String owner, String policy, String use, String stays, String leaves, String better) {
        assertEquals(stays + " " + policy, after(owner, policy, use, (core, gen) -> { }));
        assertEquals(leaves + " " + policy, after(owner, policy, use, TestCore::leaves));
        assertEquals(better + " " + policy,
                after(owner, policy, use, (core, gen) -> core.arrives(FakeDriver.flagged("best", "15b3:101e"))));
    }

    private interface Change {
        void happens(TestCore core, FakeDriver gen);
    }

    private static String after(String owner, String policy, String use, Change change) {
        try (TestCore core = new TestCore()) {
            FakeDriver gen = core.arrives(FakeDriver.ordinary("gen", "*:*"));
            core.arrives(FakeDriver.flagged("zed", "*:*"));
            core.plug(NAME, 0x15b3, 0x101e);
            own(core, owner);
            assertEquals("gen", core.row(NAME).driver());
            if (use.equals("open")) {
                core.programs.open(NAME, VfioUser.named("user"));
            }
            core.admin.policy(NAME, policy);
            core.rematch(NAME);
            change.happens(core, gen);
            core.rematch(NAME);
            String state = core.state(NAME);
            core.rematch(NAME);
            assertEquals(state, core.state(NAME), "matching again changes nothing");
            return state;
        }
    }

    private static void own(TestCore core, String owner) {
        switch (owner) {
            case "bind" -> core.admin.bind(NAME, "gen", false);
            case "command" -> core.admin.override(NAME, "gen");
            case "policy" -> {
                core.rematch(NAME);
                core.admin.unbind(NAME);
                core.admin.policy(NAME, "auto");
            }
            default -> { }
        }
        core.rematch(NAME);
    }
}
