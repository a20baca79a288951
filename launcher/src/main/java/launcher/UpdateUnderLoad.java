// SPDX-License-Identifier: Apache-2.0
package launcher;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The step of the demo that updates a driver while a program has its device open and busy: builds of one driver are copied to
 * the drivers folder, one after the other, and what the program, the driver and the daemon have counted is compared.
 */
final class UpdateUnderLoad {
    private static final String DRIVER = "counting";
    private static final String BUNDLE = "counting-driver";
    private static final int UPDATES = 10;
    /** The limit of a pause, unless set. */
    private static final long PAUSE_NANOS = 1_000_000_000;
    private static final double MILLISECOND = 1e6;

    private final Tour tour;
    private final DriverBuilds builds;
    private final Path drivers;
    private final String function;

    /** What the program has counted so far. */
    private record Tally(long operations, long writes, long errors, long raised, long came) {
        static Tally of(JsonObject answer) {
            JsonObject row = answer.getAsJsonArray("storms").get(0).getAsJsonObject();
            return new Tally(row.get("operations").getAsLong(), row.get("writes").getAsLong(), row.get("errors").getAsLong(),
                    row.get("raised").getAsLong(), row.get("came").getAsLong());
        }

        String text() {
            return "    %,d operations, %d errors, %,d interrupts".formatted(operations, errors, came);
        }
    }

    /**
     * @param builds of the driver
     * @param drivers the daemon's folder
     * @param function an edu device's
     */
    UpdateUnderLoad(Tour tour, DriverBuilds builds, Path drivers, String function) {
        this.tour = tour;
        this.builds = builds;
        this.drivers = drivers;
        this.function = function;
    }

    /** Returns builds of the driver, to be made in a folder. */
    static DriverBuilds builds(Home home, Path folder) throws LaunchException, IOException {
        return new DriverBuilds(Home.jar(home.exampleDrivers(), BUNDLE), BUNDLE, folder);
    }

    /** Returns the jar of the program. */
    static Path program(Home home) throws LaunchException {
        return Home.jar(home.exampleDrivers(), "storm");
    }

    void go() throws Exception {
        tour.step("Update a driver " + UPDATES + " times while a program has its device open and busy");
        tour.say("Builds of one driver, which differ in their versions alone. It counts writes to the device's registers.");
        copy(builds.make(version(0)));
        tour.check("driver " + DRIVER + " is ready", () -> isServedBy(version(0)));
        tour.showOk("bind", function, "--driver", DRIVER);
        tour.say("A program writes and reads registers, and has the device raise interrupts, as fast as it can.");
        tour.showOk("storm", function);
        for (int update = 1; update <= UPDATES; update++) {
            String version = version(update);
            copy(builds.make(version));
            tour.check("version " + version + " has the open device", () -> isUpdatedTo(version));
            tour.say(tally().text());
        }
        tour.showOk("update");
        broken();
        tour.showOk("rollback", DRIVER);
        tour.check("version " + version(UPDATES - 1) + " has it again", () -> isServedBy(version(UPDATES - 1)));
        compare();
        tour.showOk("storm", function, "--end");
    }

    private void broken() throws Exception {
        String version = version(UPDATES + 1);
        tour.say("A build that lacks a class: the build of before goes on.");
        Path build = builds.broken(version, "CountedRegion.class");
        copy(build);
        tour.check("files has it as failed, with a reason", () -> hasFailed(build.getFileName().toString()));
        tour.showOk("update");
        tour.checkNow("version " + version(UPDATES) + " has the open device", () -> isServedBy(version(UPDATES)));
    }

    private void compare() throws Exception {
        tour.showOk("storm", function, "--calm");
        Tally tally = tally();
        tour.checkNow("no access of the program failed", () -> tally.errors() == 0);
        tour.checkNow("every interrupt that was raised came", () -> tally.raised() > 0 && tally.raised() == tally.came());
        tour.showOk("state", function);
        tour.checkNow("the driver's count is right to the last write", () -> writes() == tally.writes());
        tour.showOk("update", "--stats");
        JsonObject stats = tour.ask("update", "--stats").getAsJsonObject("stats");
        tour.checkNow("there were " + (UPDATES + 1) + " exchanges", () -> stats.get("exchanges").getAsLong() == UPDATES + 1);
        long longest = longest(stats);
        tour.checkNow("the longest pause is within its limit", () -> longest < PAUSE_NANOS);
        tour.say("%s%nlongest pause %.1f ms".formatted(tally.text().strip(), longest / MILLISECOND));
    }

    private static String version(int update) {
        return "1." + update + ".0";
    }

    private void copy(Path build) throws Exception {
        tour.typed("cp " + build + " " + drivers);
        Files.copy(build, drivers.resolve(build.getFileName()));
    }

    private boolean isServedBy(String version) throws Exception {
        return tour.ask("drivers").getAsJsonArray("drivers").asList().stream().map(JsonElement::getAsJsonObject)
                .anyMatch(row -> (BUNDLE + " " + version).equals(Tour.text(row, "bundle"))
                        && "ready".equals(Tour.text(row, "state")));
    }

    private boolean hasFailed(String file) throws Exception {
        return tour.ask("files").getAsJsonArray("files").asList().stream().map(JsonElement::getAsJsonObject)
                .anyMatch(row -> file.equals(Tour.text(row, "file")) && "failed".equals(Tour.text(row, "state")));
    }

    private boolean isUpdatedTo(String version) throws Exception {
        for (JsonElement each : tour.ask("update").getAsJsonArray("updates")) {
            JsonObject row = each.getAsJsonObject();
            if (BUNDLE.equals(Tour.text(row, "symbolicName")) && Tour.text(row, "to").startsWith(version + " ")) {
                String phase = Tour.text(row, "phase");
                if ("back".equals(phase) || "failed".equals(phase)) {
                    throw new DemoFailure("version " + version + " did not take over: " + Tour.text(row, "reason"));
                }
                return row.get("moved").getAsInt() == 1 && ("soaking".equals(phase) || "done".equals(phase));
            }
        }
        return false;
    }

    private Tally tally() throws Exception {
        return Tally.of(tour.ask("storm", function));
    }

    private long writes() throws Exception {
        JsonObject state = tour.ask("state", function).getAsJsonObject("state");
        return Long.parseLong(Tour.text(state.getAsJsonArray("values").get(0).getAsJsonObject(), "value"));
    }

    private static long longest(JsonObject stats) {
        JsonArray percentiles = stats.getAsJsonArray("percentiles");
        return percentiles.get(percentiles.size() - 1).getAsJsonObject().get("nanos").getAsLong();
    }
}
