// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A table of rows as columns of text, without borders, two spaces between columns. Flexible columns are shortened with …
 * where the table is wider than the reader's terminal. Where that is not enough, the other columns of such a table are
 * shortened too, except numbers and the names that rows begin with. A value of null is a dash. The rows are read twice, for
 * the widths and for the lines, so that only the text of the line being printed is held.
 */
public final class Table<T> {
    /** The width below which a flexible column is not shortened, as long as that is enough. */
    private static final int NARROWEST = 10;
    /** The width below which another column is not shortened, as long as that is enough: ids have as many characters. */
    private static final int ID = 9;
    /** The width below which no column is shortened. */
    static final int LEAST = 4;
    private static final String GAP = "  ";
    private static final String NOTHING = "-";
    private static final char CUT = '…';
    /** The width of a column that is left out. */
    private static final int ABSENT = -1;

    private final List<Column<T>> columns;
    private final String empty;

    private Table(List<Column<T>> columns, String empty) {
        this.columns = columns;
        this.empty = empty;
    }

    /** Returns a table without columns. {@code empty} is the sentence that is printed where there are no rows. */
    public static <T> Table<T> of(String empty) {
        return new Table<>(List.of(), empty);
    }

    /** Returns the table with another column on the right, its values aligned left. */
    public Table<T> left(String header, Function<T, ?> value) {
        return with(new Column<>(header, value, false, false, false, 0));
    }

    /**
     * Returns the table with a column as {@link #left} has it, at least {@code width} wide, so that rows printed one by one
     * stay aligned.
     */
    public Table<T> left(String header, int width, Function<T, ?> value) {
        return with(new Column<>(header, value, false, false, false, width));
    }

    /** Returns the table with another column on the right, its values aligned right. */
    public Table<T> right(String header, Function<T, ?> value) {
        return with(new Column<>(header, value, true, false, false, 0));
    }

    /** Returns the table with a column as {@link #left} has it, which is left out where every row has null. */
    public Table<T> optional(String header, Function<T, ?> value) {
        return with(new Column<>(header, value, false, false, true, 0));
    }

    /** Returns the table with a column as {@link #optional} has it, which is shortened where the table is too wide. */
    public Table<T> flexible(String header, Function<T, ?> value) {
        return with(new Column<>(header, value, false, true, true, 0));
    }

    private Table<T> with(Column<T> column) {
        List<Column<T>> more = new ArrayList<>(columns);
        more.add(column);
        return new Table<>(List.copyOf(more), empty);
    }

    /**
     * Prints the table, or the sentence where there are no rows.
     *
     * @throws vfio.core.VfioException EINTR where the session is cancelled meanwhile
     */
    public void print(Session session, Collection<? extends T> rows) {
        if (rows.isEmpty()) {
            session.out().print(empty + "\n");
        } else {
            lines(session, rows, true);
        }
    }

    /** Prints the rows alone, without headers, below others. */
    public void printMore(Session session, Collection<? extends T> rows) {
        lines(session, rows, false);
    }

    private void lines(Session session, Collection<? extends T> rows, boolean headers) {
        int[] widths = widths(session, rows, headers);
        fit(widths, session.width());
        StringBuilder line = new StringBuilder();
        if (headers) {
            print(session.out(), line, widths, column -> column.header);
        }
        for (T row : rows) {
            session.proceed();
            print(session.out(), line, widths, column -> column.cell(row));
        }
    }

    /** Returns the width of each column's longest text. */
    private int[] widths(Session session, Collection<? extends T> rows, boolean headers) {
        int[] widths = new int[columns.size()];
        Arrays.setAll(widths, i -> columns.get(i).optional ? ABSENT : columns.get(i).least(headers));
        for (T row : rows) {
            session.proceed();
            for (int i = 0; i < widths.length; i++) {
                Column<T> column = columns.get(i);
                Object value = column.value.apply(row);
                if (value != null || widths[i] != ABSENT) {
                    int least = widths[i] == ABSENT ? column.least(headers) : widths[i];
                    widths[i] = Math.max(least, Column.text(value).length());
                }
            }
        }
        return widths;
    }

    /** Makes columns narrower, the widest first, until the line is no longer than {@code width}; 0 is no limit. */
    private void fit(int[] widths, int width) {
        long shown = Arrays.stream(widths).filter(each -> each != ABSENT).count();
        long whole = Arrays.stream(widths).filter(each -> each != ABSENT).sum() + GAP.length() * (shown - 1);
        for (long excess = width == 0 ? 0 : whole - width; excess > 0; excess--) {
            int widest = toShorten(widths);
            if (widest < 0) {
                return; // nothing left to give: better long lines than names that cannot be told apart
            }
            widths[widest]--;
        }
    }

    /** Returns the column that is shortened next by one character, or -1. */
    private int toShorten(int[] widths) {
        int column = widest(widths, NARROWEST, Column::flexible);
        if (column < 0) {
            column = widest(widths, LEAST, Column::flexible);
        }
        if (column < 0 && columns.stream().anyMatch(Column::flexible)) { // any other table is of sentences, read whole
            Column<T> name = columns.stream().filter(each -> !each.right).findFirst().orElse(null);
            Predicate<Column<T>> other = each -> !each.right && each != name;
            column = widest(widths, ID, other);
            column = column < 0 ? widest(widths, LEAST, other) : column;
        }
        return column;
    }

    /** Returns the widest column of those that are wider than {@code least}, or -1. */
    private int widest(int[] widths, int least, Predicate<Column<T>> which) {
        int widest = -1;
        for (int i = 0; i < widths.length; i++) {
            if (widths[i] > least && which.test(columns.get(i)) && (widest < 0 || widths[i] > widths[widest])) {
                widest = i;
            }
        }
        return widest;
    }

    private void print(PrintWriter out, StringBuilder line, int[] widths, Function<Column<T>, String> cell) {
        line.setLength(0);
        for (int i = 0; i < widths.length; i++) {
            if (widths[i] != ABSENT) {
                line.append(line.length() == 0 ? "" : GAP);
                append(line, cell.apply(columns.get(i)), widths[i], columns.get(i).right);
            }
        }
        int end = line.length();
        while (end > 0 && line.charAt(end - 1) == ' ') {
            end--;
        }
        line.setLength(end);
        out.append(line.append('\n'));
    }

    private static void append(StringBuilder line, String text, int width, boolean right) {
        int blanks = width - text.length();
        line.append(" ".repeat(right && blanks > 0 ? blanks : 0));
        if (blanks < 0) {
            line.append(text, 0, width - 1).append(CUT);
        } else {
            line.append(text).append(" ".repeat(right ? 0 : blanks));
        }
    }

    private record Column<T>(String header, Function<T, ?> value, boolean right, boolean flexible, boolean optional,
            int least) {

        int least(boolean headers) {
            return Math.max(headers ? header.length() : 0, least);
        }

        String cell(T row) {
            return text(value.apply(row));
        }

        static String text(Object value) {
            String text = Text.visible(Objects.toString(value, NOTHING));
            return text.isEmpty() ? NOTHING : text;
        }
    }
}
