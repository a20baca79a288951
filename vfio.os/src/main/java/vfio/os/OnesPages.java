// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import java.nio.ByteBuffer;

/** Pages of all ones in the place of others, as what an unplugged card reads. What is written to them is private. */
final class OnesPages {
    private static final int CHUNK = 2 << 20;
    private static final int PIECE = 64 << 10;
    private static final int MFD_CLOEXEC = 1;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_FIXED = 0x10;
    private static final int MAP_NORESERVE = 0x4000;

    private OnesPages() {
    }

    /** @param address of mappings of {@code size} bytes that stay mapped meanwhile */
    static void replace(SystemCalls calls, String name, long address, long size) {
        String act = "take the memory of " + name + " away";
        int length = (int) Math.min(CHUNK, size);
        Fd ones = new Fd(calls, Kernel.succeeded(act, calls.memfdCreate("vfio all ones", MFD_CLOEXEC)), "all ones");
        try (ones) {
            fill(ones, length);
            int number = ones.enter();
            try {
                for (long at = 0; at < size; at += length) {
                    // The caller's range: each step replaces a part of it, and no part is ever without pages.
                    Pages.mapped(act, calls.mmap(address + at, Math.min(length, size - at), PROT_READ_WRITE,
                            MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, number, 0));
                }
            } finally {
                ones.leave();
            }
        }
    }

    private static void fill(Fd ones, int length) {
        NativeBytes piece = NativeBytes.allocate(Math.min(PIECE, length));
        ByteBuffer bytes = piece.bytes();
        for (int i = 0; i < piece.size(); i++) {
            bytes.put(i, (byte) -1);
        }
        for (int at = 0; at < length;) {
            at += ones.pwrite(piece, 0, Math.min(piece.size(), length - at), at);
        }
    }
}
