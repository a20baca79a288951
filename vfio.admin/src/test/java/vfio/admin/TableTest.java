// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class TableTest {
    private record Row(String name, Integer group, String text) {
    }

    private static final Table<Row> TABLE = Table.<Row>of("no rows").left("name", Row::name).right("group", Row::group)
            .flexible("text", Row::text);

    @Test
    void columnsAreTwoSpacesApartAndLinesEndWithoutBlanks() {
        assertEquals("name  group  text\na         7  some\nbbbb    123  more words\n",
                TABLE.render(List.of(new Row("a", 7, "some"), new Row("bbbb", 123, "more words")), 0));
    }

    @Test
    void emptyTableIsASentence() {
        assertEquals("no rows\n", TABLE.render(List.of(), 80));
        assertEquals("", TABLE.renderMore(List.of(), 80));
    }

    @Test
    void onlyTheFlexibleColumnIsShortened() {
        String line = TABLE.render(List.of(new Row("0000:01:00.0", 1, "x".repeat(100))), 40).lines().toList().get(1);
        assertEquals("0000:01:00.0      1  " + "x".repeat(18) + "…", line);
        assertEquals(40, line.length());
    }

    @Test
    void namesStayWholeWhereNothingIsLeftToShorten() {
        String line = TABLE.render(List.of(new Row("n".repeat(60), 1, "t".repeat(30))), 20).lines().toList().get(1);
        assertTrue(line.startsWith("n".repeat(60) + "  "), line);
        assertTrue(line.endsWith("  " + "t".repeat(Table.NARROWEST - 1) + "…"), line);
    }

    @Test
    void textLongerThanTheLibrarysDefaultWidthIsWhole() {
        assertTrue(TABLE.render(List.of(new Row("a", 1, "y".repeat(300))), 0).contains("y".repeat(300)));
    }

    @Test
    void nullIsADashAndAColumnOfNullsIsLeftOut() {
        assertEquals("name  group\na         -\n", TABLE.render(List.of(new Row("a", null, null)), 0));
        assertEquals("name  group  text\na         -  -\nb         -  t\n",
                TABLE.render(List.of(new Row("a", null, null), new Row("b", null, "t")), 0));
    }

    @Test
    void hostileTextMakesNoLinesAndNoEscapes() {
        assertEquals("name                     group  text\na\\nb\\x1b[31m\\x9b\\u202ec      1  t\n",
                TABLE.render(List.of(new Row("a\nb\u001b[31m\u009b\u202ec", 1, "t")), 0));
    }

    @Test
    void moreRowsKeepTheirColumns() {
        Table<Row> stream = Table.<Row>of("").left("name", 6, Row::name).flexible("text", Row::text);
        assertEquals("a       one\n", stream.renderMore(List.of(new Row("a", 1, "one")), 80));
        assertEquals("bbbb    two\n", stream.renderMore(List.of(new Row("bbbb", 1, "two")), 80));
    }

    @Property(tries = 300)
    void fitsEveryWidthThatHoldsTheFixedColumns(@ForAll @Size(max = 5) List<String> texts,
            @ForAll @IntRange(min = 30, max = 200) int width) {
        List<Row> rows = texts.stream().map(text -> new Row("n", 1, text)).toList();
        String rendered = TABLE.render(rows, width);
        assertEquals(Math.max(1, rows.size() + (rows.isEmpty() ? 0 : 1)), rendered.lines().count());
        assertTrue(rendered.lines().allMatch(line -> line.length() <= width), rendered);
    }
}
