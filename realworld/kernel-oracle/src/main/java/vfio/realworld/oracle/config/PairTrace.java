// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import vfio.core.IrqRequest;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.internal.config.PermissionRow;

/** The same accesses and requests on both functions of a pair, compared step by step. */
final class PairTrace {
    private static final int IRQ_REQUESTS = 600;
    private static final int SHOWN = 12;

    private final String kind;
    private final String kernelFunction;
    private final String ourFunction;
    private final long seed;
    private final Known known;
    private final Coverage coverage;
    private final ByteBuffer kernels = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer ours = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private List<PermissionRow> rows;
    private int compared;
    private int wrong;

    PairTrace(String kind, String kernelFunction, String ourFunction, long seed, Known known, Coverage coverage) {
        this.kind = kind;
        this.kernelFunction = kernelFunction;
        this.ourFunction = ourFunction;
        this.seed = seed;
        this.known = known;
        this.coverage = coverage;
    }

    int compared() {
        return compared;
    }

    int wrong() {
        return wrong;
    }

    /** Half of the accesses before any interrupt is in use, half with MSI, where the functions have it. */
    void run(int steps) throws IOException {
        long start = System.nanoTime();
        try (Pair pair = new Pair(kernelFunction, ourFunction)) {
            rows = PermissionRow.of(pair.hardware.config());
            coverage.add(rows);
            infos(pair);
            raw(pair, "after open");
            Accesses accesses = new Accesses(seed, rows, pair.hardware.config().size());
            accesses(pair, accesses, steps / 2);
            raw(pair, "after accesses");
            requests(pair);
            raw(pair, "after SET_IRQS");
            enable(pair, IrqIndex.MSI);
            accesses(pair, accesses, steps - steps / 2);
            disable(pair, IrqIndex.MSI);
            raw(pair, "at the end");
        }
        System.out.printf("%s (%s by the kernel, %s by us): %d compared, %d disagreements, %.1f s%n", kind, kernelFunction,
                ourFunction, compared, wrong, (System.nanoTime() - start) / 1e9);
    }

    private void disagree(String what) {
        if (wrong++ < SHOWN) {
            System.out.println("  " + kind + ": " + what);
        }
    }

    private void infos(Pair pair) {
        String[] of = pair.kernelInfos();
        String[] own = pair.ourInfos();
        for (int i = 0; i < of.length; i++) {
            compared++;
            if (!of[i].equals(own[i])) {
                disagree("the kernel says " + of[i] + ", we " + own[i]);
            }
        }
    }

    private void accesses(Pair pair, Accesses accesses, int count) {
        for (int i = 0; i < count; i++) {
            ConfigAccess access = accesses.next();
            coverage.count(rows, access);
            compared++;
            kernels.clear().putLong(0, 0);
            ours.clear().putLong(0, 0);
            long said = access.write() ? pair.kernelWrite(access) : pair.kernelRead(access, kernels);
            long own = access.write() ? pair.ourWrite(access) : pair.ourRead(access, ours);
            if (said != own) {
                disagree(access + ": the kernel answers " + said + ", we " + own);
            } else if (said > 0 && !access.write()) {
                bytes(access);
            }
        }
    }

    private void bytes(ConfigAccess access) {
        for (int i = 0; i < access.width(); i++) {
            int bits = kernels.get(i) ^ ours.array()[i];
            if (bits != 0 && !explained("read", access.position() + i, bits & 0xff)) {
                long ones = Accesses.ones(access.width());
                disagree("%s: the kernel has %x, we %x (%s)".formatted(access, kernels.getLong(0) & ones,
                        ours.clear().getLong(0) & ones, name(access.position() + i)));
                return;
            }
        }
    }

    private void raw(Pair pair, String when) {
        byte[] of = pair.kernelsRaw.all();
        byte[] own = pair.hardware.config().all();
        compared += of.length;
        for (int i = 0; i < of.length; i++) {
            int bits = (of[i] ^ own[i]) & 0xff;
            if (bits != 0 && !explained("raw", i, bits)) {
                disagree("%s the hardware of the kernel's has %02x at 0x%03x, ours %02x (%s)".formatted(when, of[i] & 0xff,
                        i, own[i] & 0xff, name(i)));
            }
        }
    }

    private PermissionRow at(int position) {
        return rows.stream().filter(row -> position >= row.position() && position < row.position() + row.width()).findFirst()
                .orElse(null);
    }

    private String name(int position) {
        PermissionRow row = at(position);
        return row == null ? "unassigned" : row.capability() + "+" + Integer.toHexString(position - row.start());
    }

    private boolean explained(String of, int position, int bits) {
        PermissionRow row = at(position);
        return row != null && known.explains(of, row.capability(), position - row.start(), bits);
    }

    private void requests(Pair pair) {
        int[] available = new int[5];
        Arrays.setAll(available, pair::irqs);
        IrqRequests requests = new IrqRequests(seed, available);
        for (int i = 0; i < IRQ_REQUESTS; i++) {
            request(pair, requests.next());
        }
        for (int index = 0; index < available.length; index++) {
            disable(pair, index);
        }
    }

    private void enable(Pair pair, int index) {
        boolean[] one = {true};
        request(pair, new IrqRequests.Drawn(IrqRequest.ACTION_TRIGGER | IrqRequest.DATA_EVENTFD, index, 0, 1, one, one));
    }

    private void disable(Pair pair, int index) {
        boolean[] none = {};
        request(pair, new IrqRequests.Drawn(IrqRequest.ACTION_TRIGGER | IrqRequest.DATA_NONE, index, 0, 0, none, none));
    }

    private void request(Pair pair, IrqRequests.Drawn drawn) {
        compared++;
        long said = pair.kernelIrqs(drawn);
        long own = pair.ourIrqs(drawn);
        if (said != own) {
            disagree(drawn.with(null) + ": the kernel answers " + said + ", we " + own);
        }
    }
}
