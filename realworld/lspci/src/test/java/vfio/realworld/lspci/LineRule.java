// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.lspci;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One form of a line in lines.txt: finds the fields in it. */
final class LineRule {
    private static final Pattern PART = Pattern.compile("\\{([^}]*)}|~(?:'([^']*)')?|\\[|]|[^{~\\[\\]]+");
    private static final Pattern FLAG = Pattern.compile("([^\\s,;]+)([+-])");

    /** A field that a line tells, and what it says of it. */
    record Told(String register, String field, String text) {
    }

    private final String register;
    private final Pattern pattern;
    /** What each group is: a field's name, or the prefix of flags after a ~. */
    private final List<String> groups = new ArrayList<>();

    /** @param register whose fields those without one are */
    LineRule(String register, String text) {
        this.register = register;
        StringBuilder regex = new StringBuilder();
        Matcher part = PART.matcher(text);
        while (part.find()) {
            String token = part.group();
            if (token.startsWith("{")) {
                groups.add(part.group(1));
                regex.append("(.+?)");
            } else if (token.startsWith("~")) {
                groups.add("~" + (part.group(2) == null ? "" : part.group(2)));
                regex.append("((?:[^\\s,;]+[+-](?:\\s|(?=[\\s,;]|$)))*)");
            } else {
                regex.append(token.equals("[") ? "(?:" : token.equals("]") ? ")?" : Pattern.quote(token));
            }
        }
        pattern = Pattern.compile(regex.toString());
    }

    /** The fields, or null where the line has another form. */
    List<Told> match(String line) {
        Matcher m = pattern.matcher(line);
        if (!m.matches()) {
            return null;
        }
        List<Told> told = new ArrayList<>();
        for (int i = 0; i < groups.size(); i++) {
            String group = groups.get(i);
            String text = m.group(i + 1);
            if (text == null || group.isEmpty()) {
                continue;
            }
            if (group.startsWith("~")) {
                Matcher flag = FLAG.matcher(text);
                while (flag.find()) {
                    // Question marks are lspci's name for a reserved bit.
                    if (flag.group(1).startsWith("?")) {
                        continue;
                    }
                    told.add(new Told(register, group.substring(1) + flag.group(1), flag.group(2)));
                }
            } else {
                int dot = dot(group);
                told.add(new Told(dot < 0 ? register : group.substring(0, dot), group.substring(dot + 1), text));
            }
        }
        return told;
    }

    /** The dot between register and field; names such as PCI-PM_L1.2 have one too. */
    private static int dot(String group) {
        Matcher m = Pattern.compile("[A-Za-z][A-Za-z0-9 #-]*\\.(?=[A-Za-z0-9])").matcher(group);
        return m.lookingAt() && !group.startsWith("LTR1.") ? m.end() - 1 : -1;
    }
}
