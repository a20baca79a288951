// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

/** The limits of every topology, in whatever format. */
final class TopologyLimits {
    /** The most functions; VFs that are enabled count too. */
    static final int MOST_FUNCTIONS = 100_000;

    private TopologyLimits() {
    }
}
