// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The policies an operator has set, by name or pattern; of those that name a function the latest decides. Names are
 * looked up and patterns tried, so a policy for each of many functions costs nothing more.
 */
final class Policies {
    private record Set(long order, String pattern, Pattern regex, Policy policy) {
        boolean names(FunctionSlot slot) {
            return regex.matcher(slot.address()).matches() || regex.matcher(slot.name()).matches();
        }
    }

    private final Map<String, Set> byName = new LinkedHashMap<>();
    private final List<Set> patterns = new ArrayList<>();
    private long order;

    /** Whether the text is a pattern rather than a name. */
    static boolean isPattern(String text) {
        return text.indexOf('*') >= 0 || text.indexOf('?') >= 0;
    }

    /** Sets the policy of the functions a pattern names, or of one function by its name {@code bus/address}. */
    synchronized void set(String pattern, Policy policy) {
        Set set = new Set(++order, pattern, regex(pattern), policy);
        if (isPattern(pattern)) {
            patterns.removeIf(old -> old.pattern.equals(pattern));
            patterns.add(set);
        } else {
            byName.remove(pattern);
            byName.put(pattern, set);
        }
    }

    private static Pattern regex(String pattern) {
        StringBuilder regex = new StringBuilder();
        for (char c : pattern.toCharArray()) {
            regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
        }
        return Pattern.compile(regex.toString(), Pattern.CASE_INSENSITIVE);
    }

    /** Whether one pattern names a function. */
    static boolean names(String pattern, FunctionSlot slot) {
        return new Set(0, pattern, regex(pattern), Policy.MANUAL).names(slot);
    }

    /** What holds for a function; {@code manual} where nothing names it. */
    synchronized Policy of(FunctionSlot slot) {
        Set found = byName.get(slot.name());
        Set byAddress = byName.get(slot.address());
        found = later(found, byAddress);
        for (int i = patterns.size() - 1; i >= 0; i--) {
            Set pattern = patterns.get(i);
            if ((found == null || pattern.order > found.order) && pattern.names(slot)) {
                found = pattern;
            }
        }
        return found == null ? Policy.MANUAL : found.policy;
    }

    private static Set later(Set a, Set b) {
        return a == null ? b : b == null || a.order > b.order ? a : b;
    }

    /** All that were set, the latest last. */
    synchronized Map<String, Policy> all() {
        List<Set> all = new ArrayList<>(byName.values());
        all.addAll(patterns);
        all.sort(java.util.Comparator.comparingLong(Set::order));
        Map<String, Policy> result = new LinkedHashMap<>();
        all.forEach(set -> result.put(set.pattern, set.policy));
        return result;
    }
}
