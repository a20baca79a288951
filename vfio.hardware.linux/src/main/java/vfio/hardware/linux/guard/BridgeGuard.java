// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.util.List;

/** The guard of bridges and root ports, which stay with their host: everything behind them needs them. */
final class BridgeGuard implements HostGuard {
    static final String NAME = "bridge";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean forceable() {
        return false;
    }

    @Override
    public List<String> objections(GuardedFunction function, String driver) {
        return GuardedFunction.isBridge(function.directory())
                ? List.of(function + " is a bridge, and what lies behind it needs it") : List.of();
    }
}
