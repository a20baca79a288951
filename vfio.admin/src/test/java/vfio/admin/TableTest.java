// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;

class TableTest {
    private record Row(String name, Integer group, String text) {
    }

    private static final Table<Row> TABLE = Table.<Row>of("no rows").left("name", Row::name).right("group", Row::group)
            .flexible("text", Row::text);

    private static String print(Table<Row> table, List<Row> rows, int width) {
        TextSession session = new TextSession(width);
        table.print(session, rows);
        return session.text();
    }

    private static String printMore(Table<Row> table, List<Row> rows, int width) {
        TextSession session = new TextSession(width);
        table.printMore(session, rows);
        return session.text();
    }

    @Test
    void columnsAreTwoSpacesApartAndLinesEndWithoutBlanks() {
        assertEquals("name  group  text\na         7  some\nbbbb    123  more words\n",
                print(TABLE, List.of(new Row("a", 7, "some"), new Row("bbbb", 123, "more words")), 0));
    }

    @Test
    void emptyTableIsASentence() {
        assertEquals("no rows\n", print(TABLE, List.of(), 80));
        assertEquals("", printMore(TABLE, List.of(), 80));
    }

    @Test
    void onlyTheFlexibleColumnIsShortened() {
        String line = print(TABLE, List.of(new Row("0000:01:00.0", 1, "x".repeat(100))), 40).lines().toList().get(1);
        assertEquals("0000:01:00.0      1  " + "x".repeat(18) + "…", line);
        assertEquals(40, line.length());
    }

    @Test
    void namesStayWholeWhereNothingIsLeftToShorten() {
        String line = print(TABLE, List.of(new Row("n".repeat(60), 1, "t".repeat(30))), 20).lines().toList().get(1);
        assertTrue(line.startsWith("n".repeat(60) + "  "), line);
        assertTrue(line.endsWith("  " + "t".repeat(Table.LEAST - 1) + "…"), line);
    }

    @Test
    void otherColumnsGiveWhereFlexibleOnesCannotButNamesAndNumbers() {
        Table<Row> table = Table.<Row>of("").right("rank", Row::group).left("name", Row::name)
                .left("driver", row -> "mlx5_vfio_pci").flexible("text", Row::text);
        List<Row> rows = List.of(new Row("0000:01:00.2", 10_000, "some words"));
        assertEquals(" rank  name          driver     text\n10000  0000:01:00.2  mlx5_vfi…  som…\n", print(table, rows, 36));
        assertEquals(" rank  name          dri…  text\n10000  0000:01:00.2  mlx…  som…\n", print(table, rows, 20));
    }

    @Test
    void sentencesStayWholeInATableOfNothingElse() {
        Table<Row> table = Table.<Row>of("").left("name", Row::name).left("found", Row::text);
        String line = "a     " + "y".repeat(100);
        assertEquals(line, print(table, List.of(new Row("a", 1, "y".repeat(100))), 40).lines().toList().get(1));
    }

    @Test
    void longTextIsWholeWithoutAWidth() {
        assertTrue(print(TABLE, List.of(new Row("a", 1, "y".repeat(300))), 0).contains("y".repeat(300)));
    }

    @Test
    void nullIsADashAndAColumnOfNullsIsLeftOut() {
        assertEquals("name  group\na         -\n", print(TABLE, List.of(new Row("a", null, null)), 0));
        assertEquals("name  group  text\na         -  -\nb         -  t\n",
                print(TABLE, List.of(new Row("a", null, null), new Row("b", null, "t")), 0));
    }

    @Test
    void hostileTextMakesNoLinesAndNoEscapes() {
        assertEquals("name                     group  text\na\\nb\\x1b[31m\\x9b\\u202ec      1  t\n",
                print(TABLE, List.of(new Row("a\nb\u001b[31m\u009b\u202ec", 1, "t")), 0));
    }

    @Test
    void moreRowsKeepTheirColumns() {
        Table<Row> stream = Table.<Row>of("").left("name", 6, Row::name).flexible("text", Row::text);
        assertEquals("a       one\n", printMore(stream, List.of(new Row("a", 1, "one")), 80));
        assertEquals("bbbb    two\n", printMore(stream, List.of(new Row("bbbb", 1, "two")), 80));
    }

    @Test
    void noRowIsPrintedForNobody() {
        TextSession session = new TextSession(0);
        AtomicInteger asked = new AtomicInteger();
        Table<Row> table = Table.<Row>of("").left("name", row -> {
            session.cancelled = asked.incrementAndGet() == 150; // in the second pass
            return row.name();
        });
        VfioException e = assertThrows(VfioException.class,
                () -> table.print(session, Collections.nCopies(100, new Row("a", 1, "t"))));
        assertEquals(Errno.EINTR, e.errno());
        assertEquals(150, asked.get());
        assertEquals(1 + 50, session.text().lines().count());
    }

    @Property(tries = 300)
    void fitsEveryWidthThatHoldsTheFixedColumns(@ForAll @Size(max = 5) List<String> texts,
            @ForAll @IntRange(min = 30, max = 200) int width) {
        List<Row> rows = texts.stream().map(text -> new Row("n", 1, text)).toList();
        String rendered = print(TABLE, rows, width);
        assertEquals(Math.max(1, rows.size() + (rows.isEmpty() ? 0 : 1)), rendered.lines().count());
        assertTrue(rendered.lines().allMatch(line -> line.length() <= width), rendered);
    }
}
