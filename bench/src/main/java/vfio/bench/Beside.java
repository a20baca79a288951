// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * Takes figures of two checkouts in turns, so that what the machine does besides falls on both, and prints their ratio.
 * Started by {@code bench/beside}.
 */
public final class Beside {
    private static final int ROUNDS = 3;

    private Beside() {
    }

    /** A checkout and how its figures are taken: the class path of a bench, and the checkout it measures. */
    private record Side(Path home, String classPath) {

        double take(String name, Path file) throws IOException, InterruptedException {
            List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Dvfio.home=" + home, "-Dvfio.corpora=" + System.getProperty("vfio.corpora", ""), "-cp", classPath,
                    Bench.class.getName(), name, "--json", file.toString());
            Process process = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            if (process.waitFor() != 0) {
                throw new IOException(name + " of " + home + " ended with " + process.exitValue());
            }
            return new Gson().fromJson(Files.readString(file), Result[].class)[0].value();
        }
    }

    /** One figure of both, the rounds in the order they were taken. */
    private record Row(String name, double[] before, double[] after) {

        double[] ratios() {
            double[] ratios = new double[after.length];
            Arrays.setAll(ratios, round -> after[round] / before[round]);
            Arrays.sort(ratios);
            return ratios;
        }
    }

    /** Arguments: the checkout before, then names. The checkout after is {@code vfio.home}. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path home = Path.of(System.getProperty("vfio.home"));
        Path other = Path.of(arguments[0]);
        Path file = Files.createTempFile("vfio-beside", ".json");
        List<Row> rows = new ArrayList<>();
        try {
            for (String name : List.of(arguments).subList(1, arguments.length)) {
                rows.add(row(name, new Side(other, classPath(Bench.ofDaemon(name) ? home : other)),
                        new Side(home, classPath(home)), file));
            }
        } finally {
            Files.delete(file);
        }
        System.out.println(table(rows));
    }

    private static Row row(String name, Side before, Side after, Path file) throws IOException, InterruptedException {
        Row row = new Row(name, new double[ROUNDS], new double[ROUNDS]);
        for (int round = 0; round < ROUNDS; round++) {
            row.before[round] = before.take(name, file);
            row.after[round] = after.take(name, file);
        }
        return row;
    }

    /** What runs in the bench's own process is the code of that checkout; a daemon is started as the other's user would. */
    private static String classPath(Path home) {
        return home.resolve("bench/target/classes") + ":" + home.resolve("bench/target/lib") + "/*";
    }

    private static String table(List<Row> rows) {
        return AsciiTable.getTable(AsciiTable.NO_BORDERS, rows, List.of(
                new Column().header("NAME").dataAlign(HorizontalAlign.LEFT).with(Row::name),
                Bench.number("BEFORE").with(row -> Bench.text(median(row.before))),
                Bench.number("AFTER").with(row -> Bench.text(median(row.after))),
                Bench.number("RATIO").with(row -> ratio(row.ratios()[ROUNDS / 2])),
                Bench.number("LEAST").with(row -> ratio(row.ratios()[0])),
                Bench.number("MOST").with(row -> ratio(row.ratios()[ROUNDS - 1]))));
    }

    private static double median(double[] samples) {
        return DoubleStream.of(samples).sorted().toArray()[samples.length / 2];
    }

    private static String ratio(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }
}
