// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonParser;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;

class JsonTest {
    private record Row(String address, String classCode, String driver, Integer group) {
    }

    private record Detail(Row row, List<String> users, Instant since) {
    }

    @Test
    void rowsAreNamedAndNullsPrinted() {
        TextSession session = new TextSession(0);
        Json.rows(session, "functions", List.of(new Row("0000:01:00.0", "020000", null, 3)));
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
                """, session.text());
    }

    @Test
    void eachRowIsPrintedBeforeTheNextIsAskedFor() {
        TextSession session = new TextSession(0);
        List<Integer> printed = new ArrayList<>();
        Iterable<Row> rows = () -> IntStream.range(0, 1000).mapToObj(i -> {
            printed.add(session.text().split("\"address\"", -1).length - 1);
            return new Row("a", "c", "d", i);
        }).iterator();
        Json.rows(session, "functions", rows);
        assertEquals(IntStream.range(0, 1000).boxed().toList(), printed);
    }

    @Test
    void noRowIsPrintedForNobody() {
        TextSession session = new TextSession(0);
        session.cancelled = true;
        VfioException e = assertThrows(VfioException.class, () -> Json.rows(session, "aliases", List.of("a")));
        assertEquals(Errno.EINTR, e.errno());
        assertFalse(session.text().contains("\"a\""));
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
