// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import com.github.freva.asciitable.OverflowBehaviour;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Rows as columns of text: no borders, two spaces between columns. Flexible columns are shortened with … where the whole
 * is wider than the reader's terminal. A value of null is a dash.
 */
public final class Table<T> {
    /** What a flexible column is never made narrower than. */
    public static final int NARROWEST = 10;
    /** The library pads each cell with one blank on both sides: two between columns, one before the first. */
    private static final int PADDING = 2;
    private static final String NOTHING = "-";

    private final List<Column<T>> columns;
    private final String empty;

    private Table(List<Column<T>> columns, String empty) {
        this.columns = columns;
        this.empty = empty;
    }

    /** A table without columns yet; {@code empty} is the sentence printed where there are no rows. */
    public static <T> Table<T> of(String empty) {
        return new Table<>(List.of(), empty);
    }

    /** With another column on the right, its values aligned left and never shortened. */
    public Table<T> left(String header, Function<T, ?> value) {
        return with(new Column<>(header, value, false, false, false, 0));
    }

    /** As {@link #left}, at least {@code width} wide, so that rows printed one by one stay aligned. */
    public Table<T> left(String header, int width, Function<T, ?> value) {
        return with(new Column<>(header, value, false, false, false, width));
    }

    /** As {@link #left}, aligned right. */
    public Table<T> right(String header, Function<T, ?> value) {
        return with(new Column<>(header, value, true, false, false, 0));
    }

    /** As {@link #left}, but left out where every row has null. */
    public Table<T> optional(String header, Function<T, ?> value) {
        return with(new Column<>(header, value, false, false, true, 0));
    }

    /** As {@link #optional}, and shortened where the table is too wide. */
    public Table<T> flexible(String header, Function<T, ?> value) {
        return with(new Column<>(header, value, false, true, true, 0));
    }

    private Table<T> with(Column<T> column) {
        List<Column<T>> more = new ArrayList<>(columns);
        more.add(column);
        return new Table<>(List.copyOf(more), empty);
    }

    /**
     * The table as lines, each with its line end.
     *
     * @param width columns of the terminal, 0 for no limit
     */
    public String render(Collection<? extends T> rows, int width) {
        return rows.isEmpty() ? empty + "\n" : lines(rows, width, true);
    }

    /** The rows alone, without headers: to be printed below others. */
    public String renderMore(Collection<? extends T> rows, int width) {
        return rows.isEmpty() ? "" : lines(rows, width, false);
    }

    private String lines(Collection<? extends T> rows, int width, boolean headers) {
        List<Column<T>> shown = columns.stream().filter(c -> !c.optional || rows.stream().anyMatch(c::given)).toList();
        List<String[]> cells = new ArrayList<>(rows.size());
        for (T row : rows) {
            cells.add(shown.stream().map(column -> column.cell(row)).toArray(String[]::new));
        }
        int[] widths = fit(shown, cells, width, headers);
        List<ColumnData<String[]>> data = IntStream.range(0, shown.size())
                .mapToObj(i -> shown.get(i).data(i, widths[i], headers)).toList();
        String text = AsciiTable.builder().border(AsciiTable.NO_BORDERS).lineSeparator("\n").data(cells, data).asString();
        return text.lines().map(line -> line.substring(1).stripTrailing() + "\n").collect(Collectors.joining());
    }

    private static <T> int[] fit(List<Column<T>> columns, List<String[]> cells, int width, boolean headers) {
        int[] widths = new int[columns.size()];
        for (int i = 0; i < widths.length; i++) {
            int column = i;
            int header = headers ? columns.get(i).header.length() : 0;
            int values = cells.stream().mapToInt(row -> row[column].length()).max().orElse(0);
            widths[i] = Math.max(Math.max(header, values), columns.get(i).least);
        }
        int excess = width == 0 ? 0 : IntStream.of(widths).sum() + PADDING * (widths.length - 1) - width;
        while (excess > 0) {
            int widest = -1;
            for (int i = 0; i < widths.length; i++) {
                if (columns.get(i).flexible && widths[i] > NARROWEST && (widest < 0 || widths[i] > widths[widest])) {
                    widest = i;
                }
            }
            if (widest < 0) {
                break; // nothing left to give: better long lines than names that cannot be told apart
            }
            widths[widest]--;
            excess--;
        }
        return widths;
    }

    private record Column<T>(String header, Function<T, ?> value, boolean right, boolean flexible, boolean optional,
            int least) {

        boolean given(T row) {
            return value.apply(row) != null;
        }

        String cell(T row) {
            String text = Text.visible(Objects.toString(value.apply(row), NOTHING));
            return text.isEmpty() ? NOTHING : text;
        }

        ColumnData<String[]> data(int index, int width, boolean headers) {
            HorizontalAlign align = right ? HorizontalAlign.RIGHT : HorizontalAlign.LEFT;
            com.github.freva.asciitable.Column column = new com.github.freva.asciitable.Column().headerAlign(align)
                    .dataAlign(align).minWidth(width + PADDING).maxWidth(width + PADDING, OverflowBehaviour.ELLIPSIS_RIGHT);
            return (headers ? column.header(header) : column).with(row -> row[index]);
        }
    }
}
