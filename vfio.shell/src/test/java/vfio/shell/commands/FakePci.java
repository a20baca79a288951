// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.snapshot.FunctionSnapshot;

/** The default topology as a facet would show it; acts are remembered, not done. */
public final class FakePci implements PciAdmin {
    public final List<String> acts = new ArrayList<>();
    public final List<FunctionRow> rows = new ArrayList<>();
    public VfioException refusal;
    public RuntimeException failure;
    /** How many functions each pattern of a policy names; 0 for the pattern alone. */
    public int matched;
    /** What a host has made of whichever function is shown; none where it is null. */
    public HostRow host;
    /** What each bus has when its functions are read whole. */
    public Function<Consumer<String>, Stream<FunctionSnapshot>> snapshot = unread -> Stream.empty();

    private static final CandidateRow MLX5 = new CandidateRow(1, "mlx5_vfio_pci", "mlx5_vfio_pci",
            "vfio.pci.mlx5 0.1.0", true, true, "needs-override",
            "an override-only entry agrees: bind takes it, nothing binds by itself", "15b3:101e", 5);
    private static final CandidateRow GENERIC = new CandidateRow(2, "vfio-pci", "vfio_pci", "vfio.pci.generic 0.1.0", true,
            true, "needs-override", "an override-only entry agrees: bind takes it, nothing binds by itself", "*:*", 7);

    public FakePci() {
        row("0000:00:00.0", "8086", "29c0", "060000", null, null, null, "manual", 0);
        row("0000:00:02.0", "8086", "3e92", "030000", null, null, null, "manual", 1);
        row("0000:00:1f.0", "8086", "a305", "060100", null, null, null, "manual", 2);
        row("0000:01:00.0", "15b3", "101d", "020000", null, null, null, "manual", 3);
        row("0000:01:00.1", "15b3", "101e", "020000", "mlx5_vfio_pci", "mlx5_vfio_pci", "policy", "auto", 4);
        row("0000:01:00.2", "15b3", "101e", "020000", "vfio-pci", "vfio-pci", "operator", "pinned vfio-pci", 5);
        row("0000:02:00.0", "144d", "a808", "010802", null, null, null, "manual", 6);
        row("0000:03:00.0", "8086", "10d3", "020000", null, null, null, "manual", 7);
        row("0000:03:01.0", "8086", "10d3", "020000", null, "mlx5_vfio_pci", "operator", "manual", 7);
        row("0000:04:00.0", "1234", "11e8", "00ff00", null, null, null, "manual", null);
    }

    private void row(String address, String vendor, String device, String classCode, String driver, String override,
            String owner, String policy, Integer group) {
        rows.add(new FunctionRow("emulated", address, vendor, device, vendor, "0001", classCode, null, driver, override,
                owner, policy, null, group, List.of()));
    }

    /** A function of this host. */
    public void addHostFunction(String hostDriver, String override, List<String> warnings) {
        rows.add(new FunctionRow("linux", "0000:00:03.0", "1af4", "1000", "1af4", "0001", "020000", hostDriver, null,
                override, override == null ? null : "host", "manual", null, null, warnings));
    }

    private void check() {
        if (refusal != null) {
            throw refusal;
        }
        if (failure != null) {
            throw failure;
        }
    }

    private Outcome act(String act, String function, String driver, boolean dryRun, String... steps) {
        check();
        acts.add(act);
        return new Outcome(function, driver, dryRun, true, List.of(steps));
    }

    @Override
    public Status status() {
        check();
        long buses = rows.stream().map(FunctionRow::bus).distinct().count();
        List<BusRow> all = new ArrayList<>(List.of(new BusRow("emulated", "RAW", true, 10)));
        if (buses > 1) {
            all.add(new BusRow("linux", "HOST", false, 1));
        }
        return new Status(all, true, "merged", rows.size(), 2, 0, 0, 2);
    }

    @Override
    public Stream<FunctionSnapshot> snapshot(String bus, Consumer<String> unread) {
        return snapshot.apply(unread);
    }

    @Override
    public List<FunctionRow> functions() {
        check();
        return List.copyOf(rows);
    }

    @Override
    public FunctionDetail function(String name) {
        check();
        FunctionRow found = rows.stream()
                .filter(row -> row.address().equals(name) || name.equals(row.bus() + "/" + row.address())).findFirst()
                .orElseThrow(() -> new VfioException(VfioException.Kind.UNKNOWN_NAME, Errno.ENODEV,
                        "there is no function " + name));
        return new FunctionDetail(found, "pci:v000015B3d0000101Esv000015B3sd00000001bc02sc00i00", 0, "function", 4096,
                List.of(new BarRow(0, 2 << 20, "memory, 64 bits, prefetchable"), new BarRow(2, 16, "I/O")), null,
                "0000:01:00.0", List.of(), host == null ? List.of() : List.of("vfio_pci (vfio-pci)"), host, null,
                List.of("java program 42"), List.of("igd-vfio-pci: 1, probe said no"), candidates(name), null);
    }

    @Override
    public List<DriverRow> drivers() {
        check();
        return List.of(new DriverRow("mlx5_vfio_pci", "mlx5_vfio_pci", "mlx5-vfio-pci", true, "vfio.pci.mlx5 0.1.0",
                21, "ready", null, 1, 0, 1, List.of()),
                        new DriverRow("vfio-pci", "vfio_pci", "vfio-pci", true, "vfio.pci.generic 0.1.0", 20,
                "faulty", "stuck in probe 0000:01:00.2 for 10.0 s\n  at x.Y.z", 1, 2, 1,
                List.of("8086 10d3", "1af4 1000 ffffffff ffffffff 020000 ffff00")));
    }

    @Override
    public List<CandidateRow> candidates(String name) {
        check();
        return name.contains("01:00") ? List.of(MLX5, GENERIC) : List.of();
    }

    @Override
    public List<CandidateRow> candidatesFor(String modalias) {
        acts.add("candidatesFor " + modalias);
        return List.of(MLX5, GENERIC);
    }

    @Override
    public CandidateRow why(String name, String driver) {
        check();
        return new CandidateRow(0, driver, "igd_vfio_pci", "vfio.pci.igd 0.1.0", true, false, "no-entry",
                "none of its entries agrees with the function", null, 0);
    }

    @Override
    public Outcome bind(String name, String driver, HostRequest host, boolean dryRun) {
        String asked = host.equals(HostRequest.BEST) ? "" : " " + host.driver() + " " + host.force() + " " + host.owner();
        return act("bind " + name + " " + driver + " " + dryRun + asked, name, driver == null ? "mlx5_vfio_pci" : driver,
                dryRun,
                "override mlx5_vfio_pci written", "probed");
    }

    @Override
    public Outcome unbind(String name) {
        return act("unbind " + name, name, null, false, "users asked", "unbound", "policy auto became manual");
    }

    @Override
    public Outcome unbindToHost(String name, boolean dryRun) {
        return act("unbind to host " + name, name, null, dryRun, "host driver nvme has it");
    }

    @Override
    public List<Outcome> probeAll() {
        return List.of(act("probeAll", "0000:03:00.0", "e1000e", false, "probed"),
                new Outcome("0000:03:01.0", null, false, false, List.of("e1000e refused: no memory")));
    }

    @Override
    public Outcome override(String name, String text) {
        return act("override " + name + " [" + text + "]", name, null, false, text.isEmpty() ? "cleared" : "written");
    }

    @Override
    public List<Outcome> policy(String pattern, String policy, boolean dryRun) {
        acts.add("policy " + pattern + " [" + policy + "]" + (dryRun ? " dry" : ""));
        if (matched > 0) {
            return IntStream.range(0, matched).mapToObj(i -> "0000:%02x:%02x.%x".formatted(i >> 8, i >> 3 & 0x1f, i & 7))
                    .map(function -> act("", function, null, dryRun, "policy " + policy)).toList();
        }
        return pattern.startsWith("ffff") ? List.of() : List.of(act("", pattern, null, dryRun, "policy " + policy));
    }

    @Override
    public List<Outcome> removePolicy(String pattern, boolean dryRun) {
        if (pattern.startsWith("ffff")) {
            throw new VfioException(VfioException.Kind.UNKNOWN_NAME, Errno.ENOENT, "nothing is set for " + pattern);
        }
        return List.of(act("removePolicy " + pattern + (dryRun ? " dry" : ""), pattern, null, dryRun, "policy manual"));
    }

    @Override
    public List<PolicyRow> policies() {
        check();
        return List.of(new PolicyRow("*", "manual"), new PolicyRow("0000:01:*", "auto"));
    }

    @Override
    public Outcome newId(String driver, String text) {
        return act("newId " + driver + " [" + text + "]", null, driver, false, "new_id " + text);
    }

    @Override
    public Outcome removeId(String driver, String text) {
        return act("removeId " + driver + " [" + text + "]", null, driver, false, "remove_id " + text);
    }

    @Override
    public List<String> aliases() {
        check();
        return List.of("alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci");
    }
}
