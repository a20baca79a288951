// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import java.util.Collection;
import java.util.List;

/**
 * Which names a mistyped word may have meant. By edit distance: picocli's own suggestions compare pairs of letters, and
 * offer {@code stop} for {@code lst}.
 */
final class Spelling {
    private static final int FARTHEST = 2;
    private static final int LONGEST = 64;

    private Spelling() {
    }

    /** The names the fewest letters away, sorted; none where all are too far. */
    static List<String> closest(String word, Collection<String> names) {
        if (word.length() > LONGEST) {
            return List.of();
        }
        int least = names.stream().mapToInt(name -> distance(word, name)).min().orElse(FARTHEST + 1);
        boolean near = least <= FARTHEST && least < word.length();
        return near ? names.stream().filter(name -> distance(word, name) == least).sorted().toList() : List.of();
    }

    /** Letters to insert, delete or replace. */
    private static int distance(String a, String b) {
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
