// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import static vfio.os.internal.libc.HeaderNumbers.MAP_FIXED;
import static vfio.os.internal.libc.HeaderNumbers.MAP_NORESERVE;
import static vfio.os.internal.libc.HeaderNumbers.MAP_PRIVATE;
import static vfio.os.internal.libc.HeaderNumbers.MFD_CLOEXEC;
import static vfio.os.internal.libc.HeaderNumbers.PROT_READ;
import static vfio.os.internal.libc.HeaderNumbers.PROT_WRITE;

import vfio.os.call.NativeBytes;
import vfio.os.call.SystemCalls;

/** Pages of all ones, as reads of an unplugged card give, in the place of others. What is written to them is private. */
final class OnesPages {
    private static final int CHUNK = 2 << 20;
    private static final int PIECE = 64 << 10;

    private OnesPages() {
    }

    /**
     * Replaces the pages of a range.
     *
     * @param name of the mapped file, for the sentence of an error
     * @param address of mappings of {@code size} bytes that stay mapped meanwhile
     */
    static void replace(SystemCalls calls, String name, long address, long size) {
        String act = "take the memory of " + name + " away";
        int length = (int) Math.min(CHUNK, size);
        int ones = Answers.succeeded(act, calls.memfdCreate("vfio all ones", MFD_CLOEXEC));
        try {
            fill(act, calls, ones, length);
            for (long at = 0; at < size; at += length) {
                // The caller's range: each step replaces a part of it, and no part is ever without pages.
                Answers.address(act, calls.mmap(address + at, Math.min(length, size - at), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, ones, 0));
            }
        } finally {
            calls.close(ones);
        }
    }

    private static void fill(String act, SystemCalls calls, int ones, int length) {
        NativeBytes piece = NativeBytes.allocate(Math.min(PIECE, length));
        for (int i = 0; i < piece.size(); i++) {
            piece.bytes().put(i, (byte) -1);
        }
        for (int at = 0; at < length;) {
            at += Answers.succeeded(act, calls.pwrite(ones, piece, 0, Math.min(piece.size(), length - at), at));
        }
    }
}
