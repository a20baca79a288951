// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import java.util.ArrayList;
import java.util.List;

/** A function that remembers what its configuration space asked of it. */
final class Enabled implements EnabledFunction {
    final List<String> acts;
    int power;
    boolean msi;
    int qmax = 5;

    Enabled() {
        this(new ArrayList<>());
    }

    /** {@code acts} may be the writes of the hardware, to see what comes first. */
    Enabled(List<String> acts) {
        this.acts = acts;
    }

    @Override
    public void lockMemory() {
        acts.add("lock");
    }

    @Override
    public void zapMappings() {
        acts.add("zap");
    }

    @Override
    public void unlockMemory() {
        acts.add("unlock");
    }

    @Override
    public void maskIntx() {
        acts.add("mask");
    }

    @Override
    public void enableIntx() {
        acts.add("enable");
    }

    @Override
    public void unmaskIntx() {
        acts.add("unmask");
    }

    @Override
    public void setPowerState(int state) {
        acts.add("D" + state);
        power = state;
    }

    @Override
    public int powerState() {
        return power;
    }

    @Override
    public void resetFunction() {
        acts.add("reset");
    }

    @Override
    public boolean msiInUse() {
        return msi;
    }

    @Override
    public int msiQmax() {
        return qmax;
    }

    List<String> taken() {
        List<String> taken = List.copyOf(acts);
        acts.clear();
        return taken;
    }
}
