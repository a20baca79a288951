// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.gson.JsonParser;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class JsonTest {
    private record Row(String address, String classCode, String driver, Integer group) {
    }

    private record Detail(Row row, List<String> users, Instant since) {
    }

    @Test
    void rowsAreNamedAndNullsPrinted() {
        assertEquals("""
                {
                  "schema": 1,
                  "functions": [
                    {
                      "address": "0000:01:00.0",
                      "class": "020000",
                      "driver": null,
                      "group": 3
                    }
                  ]
                }
                """, Json.rows("functions", List.of(new Row("0000:01:00.0", "020000", null, 3))));
    }

    @Test
    void rowIsSpreadAndTimesAreIso() {
        assertEquals("{\"schema\":1,\"functions\":[{\"address\":\"a\",\"class\":\"c\",\"driver\":\"d\",\"group\":null,"
                + "\"users\":[],\"since\":\"1970-01-01T00:00:00Z\"}]}\n",
                Json.line("functions", List.of(new Detail(new Row("a", "c", "d", null), List.of(), Instant.EPOCH))));
    }

    @Test
    void noRowsAreAnEmptyArray() {
        assertEquals("{\"schema\":1,\"events\":[]}\n", Json.line("events", List.of()));
    }

    @Test
    void aValueStandsAlone() {
        assertEquals(3, JsonParser.parseString(Json.value("status", new Row("a", "c", "d", 3))).getAsJsonObject()
                .getAsJsonObject("status").get("group").getAsInt());
    }

    @Property
    void anyTextComesBackAndHoldsNoControls(@ForAll String text) {
        String json = Json.line("aliases", Arrays.asList(text));
        assertFalse(json.strip().chars().anyMatch(c -> c < 0x20 || c >= 0x7f && c <= 0x9f || c == 0x202e), json);
        assertEquals(text, JsonParser.parseString(json).getAsJsonObject().getAsJsonArray("aliases").get(0).getAsString());
    }
}
