// SPDX-License-Identifier: Apache-2.0
package launcher;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import vfio.admin.ExitCode;

/**
 * The command {@code vfio demo}: a tour with a daemon of its own in a directory of its own. Each step is checked, nothing is
 * left behind.
 */
final class Demo {
    private static final String MLX5 = "mlx5_vfio_pci";
    private static final String GENERIC = "vfio-pci";
    private static final String HANGING = "hanging";

    private final Home home;
    private final Path drivers;
    private final Path run;
    private final Path program;
    private final Path builds;
    private final TextOutput out;
    private final Tour tour;
    private String vf;

    private Demo(Home home, Path folder, Terminal terminal, TextOutput out) {
        this.home = home;
        drivers = folder.resolve("drivers");
        run = folder.resolve("run");
        program = folder.resolve("storm.jar");
        builds = folder.resolve("builds");
        this.out = out;
        tour = new Tour(run, out, terminal);
    }

    static int main(String[] args, Home home, Terminal terminal, TextOutput out, TextOutput err) throws Exception {
        if (args.length > 1) {
            boolean help = args[1].equals("--help") || args[1].equals("-h");
            (help ? out : err).line("Usage: vfio demo\nShows what there is, step by step, with a daemon of its"
                    + " own.\nExit code 0 only if every step was checked.");
            return help ? ExitCode.OK.number() : ExitCode.USAGE.number();
        }
        try {
            new Demo(home, ScratchFolder.make("vfio-demo-", home), terminal, out).go();
            return ExitCode.OK.number();
        } catch (DemoFailure e) {
            err.line("\nvfio: the demo failed: " + e.getMessage());
            return ExitCode.REFUSED.number();
        }
    }

    private void go() throws Exception {
        tour.say("A daemon of its own, in a directory of its own; the commands below find it by this variable.");
        tour.typed("export VFIO_DIR=" + run);
        tour.step("Start: the framework, an emulated bus, and the drivers of a folder");
        List<String> options = List.of("--dir", run.toString(), "--drivers", drivers.toString(),
                "--program", program.toString(), "--set", "vfio.pci.core:probeLimitMillis=1500");
        Files.copy(UpdateUnderLoad.program(home), program);
        tour.typed("./vfio run " + String.join(" ", options) + " &");
        try (DemoDaemon daemon = new DemoDaemon(home, options)) {
            Thread ending = new Thread(daemon::close);
            Runtime.getRuntime().addShutdownHook(ending); // after Ctrl-C
            tour.say(daemon.awaitReady());
            tour.check("matching is open", () -> tour.ask("status").getAsJsonObject("status").get("matching").getAsBoolean());
            list();
            explain();
            bindGeneric();
            hotDeploy();
            hotRemove();
            brokenJar();
            hangingDriver();
            updateUnderLoad();
            stop(daemon);
            Runtime.getRuntime().removeShutdownHook(ending);
        }
        out.line("\nAll " + tour.checks() + " checks passed.");
    }

    private void list() throws Exception {
        tour.step("List: every function of the bus, and who has it");
        tour.showOk("list");
        vf = function("15b3", "101e");
        tour.checkNow("nothing is bound to a VFIO driver before someone asks for it", () -> driverOf(vf) == null);
    }

    private void explain() throws Exception {
        tour.step("Explain: a virtual function of a network card, and who could drive it");
        tour.showOk("show", vf);
        tour.showOk("candidates", vf);
        tour.checkNow("only " + GENERIC + " is a candidate so far", () -> candidates().equals(List.of(GENERIC)));
        tour.showOk("why", vf, "igd-vfio-pci");
        tour.checkNow("igd-vfio-pci has no entry for it", () -> tour.ask("why", vf, "igd-vfio-pci").toString()
                .contains("\"no-entry\""));
    }

    private void bindGeneric() throws Exception {
        tour.step("Bind: the best VFIO driver there is");
        tour.showOk("bind", vf);
        tour.checkNow(vf + " is with " + GENERIC, () -> GENERIC.equals(driverOf(vf)));
    }

    private void hotDeploy() throws Exception {
        tour.step("Hot-deploy a vendor's driver: copy its jar");
        copy(Home.jar(home.shippedDrivers(), "vfio.pci.mlx5"));
        tour.check(MLX5 + " is there", () -> MLX5.equals(candidates().get(0)));
        tour.showOk("candidates", vf);
        tour.checkNow("it ranks first, " + GENERIC + " second", () -> candidates().equals(List.of(MLX5, GENERIC)));
        tour.checkNow("it took nothing by itself", () -> GENERIC.equals(driverOf(vf)));
        tour.showOk("unbind", vf);
        tour.showOk("bind", vf);
        tour.checkNow(vf + " is with " + MLX5, () -> MLX5.equals(driverOf(vf)));
    }

    private void hotRemove() throws Exception {
        tour.step("Hot-remove it, under a policy: functions go to the next best and come back");
        tour.showOk("policy", vf, "auto");
        Path jar = Home.jar(home.shippedDrivers(), "vfio.pci.mlx5");
        remove(jar);
        tour.check(vf + " was handed to " + GENERIC, () -> GENERIC.equals(driverOf(vf)));
        copy(jar);
        tour.check(vf + " was taken again by " + MLX5, () -> MLX5.equals(driverOf(vf)));
        tour.showOk("events");
    }

    private void brokenJar() throws Exception {
        tour.step("A jar that is none: shown with the reason, harmless");
        Path broken = drivers.resolve("broken.jar");
        tour.typed("head -c 4096 /dev/zero > " + broken);
        Files.write(broken, new byte[4096]);
        tour.check("files names it, with a reason", () -> reasonFor("broken.jar") != null);
        tour.showOk("files");
        tour.checkNow(vf + " is still with " + MLX5, () -> MLX5.equals(driverOf(vf)));
        remove(broken);
        tour.check("it is gone from the list", () -> reasonFor("broken.jar") == null);
    }

    private void hangingDriver() throws Exception {
        tour.step("A driver whose probe never returns: stopped by its time limit, called never again");
        copy(Home.jar(home.exampleDrivers(), "hanging-driver"));
        String edu = function("1234", "11e8");
        tour.check("driver " + HANGING + " is ready", () -> driver(HANGING) != null
                && "ready".equals(Tour.text(driver(HANGING), "state")));
        int code = tour.show("bind", edu, "--driver", HANGING);
        tour.checkNow("bind was refused", () -> code != ExitCode.OK.number());
        tour.check(HANGING + " is faulty", () -> "faulty".equals(Tour.text(driver(HANGING), "state")));
        tour.checkNow(edu + " has no driver", () -> driverOf(edu) == null);
        tour.showOk("bind", edu);
        tour.checkNow("others go on: " + edu + " is with " + GENERIC, () -> GENERIC.equals(driverOf(edu)));
        tour.showOk("drivers");
    }

    private void updateUnderLoad() throws Exception {
        new UpdateUnderLoad(tour, UpdateUnderLoad.builds(home, builds), drivers, function("1234", "11e8")).go();
    }

    private void stop(DemoDaemon daemon) throws Exception {
        tour.step("Stop: functions are unbound, then the framework ends");
        tour.showOk("stop");
        tour.checkNow("the daemon ended with exit code 0", () -> daemon.awaitEnd() == ExitCode.OK.number());
        tour.checkNow("nothing answers any more", () -> new Client(Terminal.NONE, out, out)
                .run(run, List.of("status")) == Client.UNANSWERED);
    }

    private void copy(Path jar) throws Exception {
        Path shown = jar.startsWith(home.path()) ? home.path().relativize(jar) : jar;
        tour.typed("cp " + shown + " " + drivers);
        Files.copy(jar, drivers.resolve(jar.getFileName()));
    }

    private void remove(Path jar) throws Exception {
        Path file = drivers.resolve(jar.getFileName());
        tour.typed("rm " + file);
        Files.delete(file);
    }

    /** Returns the address of the first function with these ids. */
    private String function(String vendor, String device) throws Exception {
        for (JsonElement each : tour.ask("list").getAsJsonArray("functions")) {
            JsonObject row = each.getAsJsonObject();
            if (vendor.equals(Tour.text(row, "vendor")) && device.equals(Tour.text(row, "device"))) {
                return Tour.text(row, "address");
            }
        }
        throw new DemoFailure("there is no function " + vendor + ":" + device);
    }

    private String driverOf(String address) throws Exception {
        for (JsonElement each : tour.ask("list").getAsJsonArray("functions")) {
            JsonObject row = each.getAsJsonObject();
            if (address.equals(Tour.text(row, "address"))) {
                return Tour.text(row, "driver");
            }
        }
        throw new DemoFailure("there is no function " + address);
    }

    private List<String> candidates() throws Exception {
        JsonArray rows = tour.ask("candidates", vf).getAsJsonArray("candidates");
        return rows.asList().stream().map(row -> Tour.text(row.getAsJsonObject(), "driver")).toList();
    }

    private JsonObject driver(String name) throws Exception {
        for (JsonElement each : tour.ask("drivers").getAsJsonArray("drivers")) {
            if (name.equals(Tour.text(each.getAsJsonObject(), "driver"))) {
                return each.getAsJsonObject();
            }
        }
        return null;
    }

    /** Returns why a file of the folder is no driver; null where it is not listed or nothing is wrong with it. */
    private String reasonFor(String file) throws Exception {
        for (JsonElement each : tour.ask("files").getAsJsonArray("files")) {
            JsonObject row = each.getAsJsonObject();
            if (file.equals(Tour.text(row, "file")) && !"waiting".equals(Tour.text(row, "state"))) {
                return Tour.text(row, "reason");
            }
        }
        return null;
    }
}
