// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.time.Duration;
import java.util.Locale;
import vfio.deploy.UpdateAdmin.Policy;

/**
 * The settings of updates.
 *
 * @param pace the least time from one function to the next
 * @param soak how long a former build stays started at most after it has lost its functions; zero for no soak
 * @param operations the number of calls of the next build's drivers that end the soak earlier; 0 where none do
 * @param retry after which time functions of a mixed update are looked at again
 */
record UpdateSettings(Policy policy, Duration pace, Duration soak, long operations, Duration retry) {
    private static final long NANOS = 1_000_000_000;
    /** How often a build that soaks is looked at. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** Returns the settings that the values of a configuration stand for. */
    static UpdateSettings of(String policy, long rate, long soakSeconds, long operations, long retryMillis) {
        return new UpdateSettings(Policy.valueOf(policy.toUpperCase(Locale.ROOT)),
                rate <= 0 ? Duration.ZERO : Duration.ofNanos(NANOS / rate), Duration.ofSeconds(soakSeconds), operations,
                Duration.ofMillis(retryMillis));
    }

    /** Returns after which time a build that soaks is looked at again. */
    Duration look() {
        return retry.compareTo(LOOK) < 0 ? retry : LOOK;
    }
}
