// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import vfio.os.Fd;
import vfio.os.Kernel;
import vfio.os.MemFd;
import vfio.os.call.NativeBytes;

/** Calls of the kernel by vfio.os: those that are as short there as can be, so that what is ours shows. */
abstract class SystemCall implements BesideC.Loop {
    private static final int SIZE = 4096;
    private static final int FIONBIO = 0x5421;

    final MemFd memory = Kernel.host().memory("bench", SIZE);
    final Fd file = memory.fd();
    final NativeBytes word = NativeBytes.allocate(Integer.BYTES);

    static SystemCall pread() {
        return new SystemCall() {
            @Override
            public int turn(int turns) {
                int sum = 0;
                for (int i = 0; i < turns; i++) {
                    sum += file.pread(word, 0, Integer.BYTES, i & SIZE - 4);
                }
                return sum;
            }
        };
    }

    static SystemCall ioctl() {
        return new SystemCall() {
            @Override
            public int turn(int turns) {
                int sum = 0;
                for (int i = 0; i < turns; i++) {
                    sum += file.ioctl("set blocking", FIONBIO, word);
                }
                return sum;
            }
        };
    }

    @Override
    public void close() {
        memory.close();
    }
}
