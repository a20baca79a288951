// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.policy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.pci.core.internal.slot.BindPolicy;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.Functions;

/**
 * The policies that an operator has set, by name or pattern; of those that name a function the latest decides. A policy by
 * name is found by a lookup and only patterns are tried one by one, so that a policy by name for each of many functions slows
 * nothing down.
 */
public final class Policies {
    private record Line(long order, String pattern, BindPolicy policy) {
    }

    private final Map<String, Line> byName = new LinkedHashMap<>();
    private final List<Line> patterns = new ArrayList<>();
    private long order;

    /** Tells whether the text is a pattern rather than a name. */
    static boolean isPattern(String text) {
        return text.indexOf('*') >= 0 || text.indexOf('?') >= 0;
    }

    /**
     * Returns the key under which a policy is set: a pattern as it stands, or a name with all its digits.
     *
     * @throws VfioException EINVAL where the text is neither
     */
    public static String key(String text) {
        return isPattern(text) ? text : Functions.canonical(text);
    }

    /** Sets the policy of the functions that a pattern names, or of one function by its name {@code [bus/]address}. */
    public synchronized void set(String text, BindPolicy policy) {
        if (isPattern(text)) {
            patterns.removeIf(old -> old.pattern.equals(text));
            patterns.add(new Line(++order, text, policy));
        } else {
            String name = key(text);
            byName.remove(name);
            byName.put(name, new Line(++order, name, policy));
        }
    }

    /**
     * Removes the policy of a pattern, or of a name with or without its bus: the one set before holds again.
     *
     * @throws VfioException ENOENT where no policy is set for the text
     */
    synchronized void remove(String text) {
        Line line = line(text);
        byName.remove(line.pattern, line);
        patterns.remove(line);
    }

    /** Returns a copy of these policies as they would be after {@link #remove}. */
    synchronized Policies without(String text) {
        Policies without = new Policies();
        without.byName.putAll(byName);
        without.patterns.addAll(patterns);
        without.remove(text);
        return without;
    }

    private Line line(String text) {
        String name = key(text);
        List<Line> found = Stream.concat(byName.values().stream(), patterns.stream())
                .filter(line -> line.pattern.equals(name) || line.pattern.endsWith("/" + name) && !isPattern(text)).toList();
        if (found.size() == 1) {
            return found.get(0);
        }
        throw new VfioException(Kind.UNKNOWN_NAME, Errno.ENOENT, "remove the policy of " + text + ": "
                + (found.isEmpty() ? "none is set for it" : "it fits several") + "; 'policy' lists what is set");
    }

    /** Tells whether a pattern names a function, by its address or its whole name. */
    static boolean names(String pattern, FunctionSlot slot) {
        String lower = pattern.toLowerCase(Locale.ROOT);
        return fits(lower, slot.address()) || fits(lower, slot.name().toLowerCase(Locale.ROOT));
    }

    /**
     * Tells whether a pattern fits a text: {@code *} stands for any characters, {@code ?} for one. The search goes back to
     * the latest star alone, so that no pattern makes it slow.
     */
    private static boolean fits(String pattern, String text) {
        int p = 0;
        int star = -1;
        int from = 0;
        for (int t = 0; t < text.length();) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                from = t;
            } else if (p < pattern.length() && (pattern.charAt(p) == '?' || pattern.charAt(p) == text.charAt(t))) {
                p++;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++from;
            } else {
                return false;
            }
        }
        return pattern.substring(p).chars().allMatch(c -> c == '*');
    }

    /** Returns the policy that holds for a function; {@code manual} where none names it. */
    public synchronized BindPolicy of(FunctionSlot slot) {
        Line found = later(byName.get(slot.name()), byName.get(slot.address()));
        for (int i = patterns.size() - 1; i >= 0; i--) {
            Line pattern = patterns.get(i);
            if ((found == null || pattern.order > found.order) && names(pattern.pattern, slot)) {
                found = pattern;
            }
        }
        return found == null ? BindPolicy.MANUAL : found.policy;
    }

    private static Line later(Line a, Line b) {
        return a == null ? b : b == null || a.order > b.order ? a : b;
    }

    /** Returns all policies that are set, the latest last. */
    public synchronized Map<String, BindPolicy> all() {
        List<Line> all = new ArrayList<>(byName.values());
        all.addAll(patterns);
        all.sort(Comparator.comparingLong(Line::order));
        Map<String, BindPolicy> result = new LinkedHashMap<>();
        all.forEach(set -> result.put(set.pattern, set.policy));
        return result;
    }
}
