// SPDX-License-Identifier: Apache-2.0
package vfio.os.internal.libc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.os.call.StructLayout;

/** What differs between the processors that are known. */
class ArchitectureTest {

    @Test
    void eventOfEpollIsPackedOnX86Only() {
        assertEquals(12, Architecture.named("Linux", "amd64").epollEvent().size());
        assertEquals(4, Architecture.named("Linux", "x86_64").epollEvent().offset("data"));
        assertEquals(16, Architecture.named("Linux", "aarch64").epollEvent().size());
        assertEquals(8, Architecture.named("Linux", "aarch64").epollEvent().offset("data"));
    }

    @Test
    void otherSystemsAreRefused() {
        assertEquals(Errno.EOPNOTSUPP,
                assertThrows(VfioException.class, () -> Architecture.named("Linux", "riscv64")).errno());
        assertEquals(Errno.EOPNOTSUPP,
                assertThrows(VfioException.class, () -> Architecture.named("Mac OS X", "aarch64")).errno());
    }

    @Test
    void fieldsLieWithinTheirStructs() {
        for (Architecture architecture : Architecture.values()) {
            for (StructLayout struct : architecture.structs()) {
                struct.fields().forEach((field, offset) -> assertEquals(true, offset >= 0 && offset < struct.size(), field));
            }
        }
        assertThrows(IllegalArgumentException.class, () -> Architecture.X86_64.iovec().offset("nothing"));
    }
}
