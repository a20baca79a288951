// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

/** The reset that a user asks for by a register. */
final class FunctionReset {
    private FunctionReset() {
    }

    static void attempt(EnabledFunction function) {
        function.lockMemory();
        try {
            function.zapMappings();
            function.resetFunction();
        } finally {
            function.unlockMemory();
        }
    }
}
