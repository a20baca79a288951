// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.internal.PciCore.Config;
import vfio.pci.core.internal.match.MatchRules;
import vfio.pci.core.internal.policy.Policies;
import vfio.pci.core.internal.slot.BindPolicy;

/**
 * The core's settings after they were read and checked.
 *
 * @param limit how long a call of a driver may take
 * @param drain how long users have to let go of a function on the orderly road
 * @param policies by pattern or name, in the order of the setting's lines
 */
record CoreSettings(MatchRules rules, Duration limit, Duration drain, Map<String, BindPolicy> policies) {
    private static final String PID = "vfio.pci.core";
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration LONGEST_DRAIN = Duration.ofDays(1);
    private static final CoreSettings DEFAULT = new CoreSettings(MatchRules.MERGED, LIMIT, LIMIT, Map.of());

    /**
     * Reads the settings at the core's start.
     *
     * @throws VfioException EINVAL where a setting cannot be understood; the exception's sentence names each such setting
     */
    static CoreSettings of(Config config) {
        List<String> problems = new ArrayList<>();
        CoreSettings read = changed(config, DEFAULT, problems::add);
        if (!problems.isEmpty()) {
            throw new VfioException(Errno.EINVAL, String.join("; ", problems));
        }
        return read;
    }

    /**
     * Reads changed settings. One that cannot be understood keeps its earlier value; a line of {@code policies} that cannot
     * be is left out.
     */
    static CoreSettings changed(Config config, CoreSettings before, Consumer<String> problem) {
        Map<String, BindPolicy> policies = new LinkedHashMap<>();
        for (String line : read("policies", config, Config::policies, List::of, List.<String>of(), problem)) {
            try {
                policy(line, policies);
            } catch (VfioException e) {
                problem.accept("setting " + PID + ":policies[]=" + line + ": " + e.sentence());
            }
        }
        return new CoreSettings(read("rules", config, Config::rules, MatchRules::of, before.rules, problem),
                read("probeLimitMillis", config, Config::probeLimitMillis, CoreSettings::limit, before.limit, problem),
                read("drainMillis", config, Config::drainMillis, CoreSettings::drain, before.drain, problem), policies);
    }

    private static <T, R> R read(String name, Config config, Function<Config, T> given, Function<T, R> meaning, R otherwise,
            Consumer<String> problem) {
        try {
            return meaning.apply(given.apply(config));
        } catch (RuntimeException e) { // also the framework's own exception for a text that is no number
            problem.accept("setting " + PID + ":" + name + ": " + e.getMessage());
            return otherwise;
        }
    }

    private static void policy(String line, Map<String, BindPolicy> policies) {
        int equals = line.indexOf('=');
        if (equals <= 0) {
            throw new VfioException(Errno.EINVAL, "expected PATTERN=POLICY, such as 0000:01:*=auto");
        }
        String pattern = Policies.key(line.substring(0, equals).trim());
        BindPolicy policy = BindPolicy.parse(line.substring(equals + 1));
        policies.remove(pattern);
        policies.put(pattern, policy);
    }

    private static Duration limit(long millis) {
        Duration limit = amount(millis);
        return limit.isZero() ? LIMIT : limit; // a limit of 0 ms would make every driver faulty
    }

    private static Duration drain(long millis) {
        Duration drain = amount(millis);
        return drain.compareTo(LONGEST_DRAIN) > 0 ? LONGEST_DRAIN : drain;
    }

    private static Duration amount(long millis) {
        if (millis < 0) {
            throw new IllegalArgumentException(millis + " is less than 0 ms");
        }
        return Duration.ofMillis(millis);
    }
}
