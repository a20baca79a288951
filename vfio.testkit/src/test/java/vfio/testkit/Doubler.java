// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

/** The service of {@link Doubling}. */
public interface Doubler {

    /** Returns twice a number. */
    long doubled(long number);
}
