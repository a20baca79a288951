// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.nio.ByteBuffer;
import vfio.hardware.emulated.model.ModelPort;
import vfio.pci.core.id.PciAddress;

/** A function as its device model has it; what is unplugged does nothing any more, for nobody is connected. */
record FunctionPort(EmulatedFunction function, EmulatedHardware hardware) implements ModelPort {

    @Override
    public PciAddress address() {
        return function.address();
    }

    @Override
    public boolean messagesEnabled() {
        return hardware.lines().messagesEnabled();
    }

    @Override
    public void raise(int vector) {
        hardware.lines().raise(vector);
    }

    @Override
    public void assertIntx(boolean asserted) {
        hardware.lines().line(asserted);
    }

    @Override
    public void readMemory(long iova, ByteBuffer target) {
        hardware.memory(iova).read(iova, target);
    }

    @Override
    public void writeMemory(long iova, ByteBuffer source) {
        hardware.memory(iova).write(iova, source);
    }

    @Override
    public void reportError() {
        hardware.errorDetected();
    }

    @Override
    public void wakeUp() {
        hardware.wakeUp();
    }
}
