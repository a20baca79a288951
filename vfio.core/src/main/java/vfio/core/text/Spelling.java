// SPDX-License-Identifier: Apache-2.0
package vfio.core.text;

import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * The search for the names that a mistyped word may have meant, by edit distance; large and small letters are alike. A search
 * by pairs of letters, such as picocli's own, offers {@code stop} for {@code lst}.
 */
public final class Spelling {
    private static final int FARTHEST = 2;
    private static final int LONGEST = 64;

    private Spelling() {
    }

    /** Returns the names that are the fewest letters away, two letters at most, sorted; none where all are farther. */
    public static List<String> closest(String word, Collection<String> names) {
        if (word.length() > LONGEST) {
            return List.of();
        }
        int least = names.stream().mapToInt(name -> distance(word, name)).min().orElse(FARTHEST + 1);
        boolean near = least <= FARTHEST && least < word.length();
        return near ? names.stream().filter(name -> distance(word, name) == least).sorted().toList() : List.of();
    }

    /** Returns a question for the end of a sentence, {@code ; did you mean A or B?}; empty where no name is near. */
    public static String hint(String word, Collection<String> names) {
        List<String> closest = closest(word, names);
        return closest.isEmpty() ? "" : "; did you mean " + String.join(" or ", closest) + "?";
    }

    /** Returns the number of letters to insert, delete or replace. */
    private static int distance(String word, String name) {
        String a = word.toLowerCase(Locale.ROOT);
        String b = name.toLowerCase(Locale.ROOT);
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
