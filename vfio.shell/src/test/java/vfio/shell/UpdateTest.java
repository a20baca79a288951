// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.deploy.UpdateAdmin.UpdateRow;

/** The commands about live updates: what they ask, how they end, and which builds the list of drivers shows side by side. */
class UpdateTest extends ShellFixture {
    private JsonObject json(String... args) {
        session.outText.getBuffer().setLength(0);
        assertEquals(0, run(args), err());
        return JsonParser.parseString(out()).getAsJsonObject();
    }

    @Test
    void optionsReachTheFacet() {
        run("update");
        run("update", "--stats");
        run("update", "vfio.pci.mlx5");
        run("update", "mlx5_vfio_pci", "--policy", "drain");
        run("update", "mlx5_vfio_pci", "--policy", "ALL");
        run("update", "mlx5_vfio_pci", "--dry-run");
        run("rollback", "mlx5_vfio_pci");
        assertEquals(List.of("update vfio.pci.mlx5 Optional.empty", "update mlx5_vfio_pci Optional[DRAIN]",
                "update mlx5_vfio_pci Optional[ALL]", "plan mlx5_vfio_pci", "rollback mlx5_vfio_pci"), updates.acts);
    }

    @ParameterizedTest
    @CsvSource({"update mlx5_vfio_pci,0", "update acme_vfio_pci,1", "update beta_vfio_pci,5", "rollback mlx5_vfio_pci,0",
        "rollback vfio.pci.mlx5 --json,0",
        "rollback other,1", "update mlx5_vfio_pci --dry-run,0"})
    void exitCodeSaysWhetherAllHaveGoneOver(String line, int code) {
        assertEquals(code, run(line.split(" ")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "update --dry-run                 | --dry-run needs a driver",
        "update --policy all              | --policy needs a driver",
        "update d --stats                 | --stats is of all updates: it takes no driver and no other option",
        "update --stats --policy all      | --stats is of all updates: it takes no driver and no other option",
        "update d --policy some           | 'some' is no policy of an update; they are all, keep, idle and drain",
        "update d --policy all --dry-run  | --dry-run says what stands in the way, whatever the policy: it takes no --policy",
        "rollback                         | rollback needs DRIVER",
        "unhold                           | unhold needs DRIVER",
        "hold a b                         | 'b' is one word too many: hold takes DRIVER"})
    void wrongUsageIsSaidAndNothingIsDone(String line, String sentence) {
        assertEquals(2, run(line.split(" ")));
        assertEquals("vfio: " + sentence, err().lines().findFirst().orElse(""));
        assertEquals(List.of(), updates.acts);
    }

    @Test
    void ofABuildAndItsNextTheListOfDriversHasBoth() {
        updates.rows = List.of(new UpdateRow("vfio.pci.mlx5", "soaking", "0.1.0 a", "0.2.0 b", 1, 0, null),
                new UpdateRow("vfio.pci.generic", "done", "0.0.9 a", "0.1.0 b", 1, 0, null));
        session.width = 0;
        assertEquals(0, run("drivers"));
        assertTrue(out().contains("  update\n"), out());
        List<String> told = out().lines().filter(line -> line.contains("soaking")).toList();
        assertEquals(1, told.size(), out());
        assertTrue(told.get(0).endsWith("vfio.pci.mlx5 0.1.0     to 0.2.0, soaking"), out());
        for (JsonElement each : json("drivers", "--json").getAsJsonArray("drivers")) {
            JsonElement update = each.getAsJsonObject().get("update");
            assertEquals(each.getAsJsonObject().get("driver").getAsString().equals("mlx5_vfio_pci"), !update.isJsonNull());
        }
    }

    @Test
    void theNextBuildSaysWhichItFollows() {
        updates.rows = List.of(new UpdateRow("vfio.pci.mlx5", "mixed", "0.0.9 a", "0.1.0 b", 1, 0, null));
        assertEquals(0, run("drivers"));
        assertTrue(out().contains("from 0.0.9, mixed\n"), out());
    }

    @Test
    void holdAndUnholdSayWhetherTheyHaveChangedAnything() {
        assertEquals("true", json("hold", "a", "--json").get("changed").getAsString());
        assertEquals("false", json("hold", "a", "--json").get("changed").getAsString());
        assertEquals(1, json("hold", "--json").getAsJsonArray("holds").size());
        assertEquals("true", json("unhold", "a", "--json").get("changed").getAsString());
        assertEquals("false", json("unhold", "a", "--json").get("changed").getAsString());
    }

    @Test
    void unholdOfWhatIsNotHeldIsSaidAndNoError() {
        assertEquals(0, run("unhold", "x"));
        assertEquals("x is not held\nno driver is held\n", out());
    }
}
