// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import vfio.core.text.Spelling;

/** The PIDs of an operator's settings that no component reads, once bundles and drivers are here: most likely misspelt. */
final class UnreadSettings {
    private static final String OURS = "vfio.";

    private final Set<String> known = new TreeSet<>();
    private final Set<String> unread = new TreeSet<>();

    UnreadSettings(Collection<ComponentDescriptionDTO> components, List<Configurations.Given> all) {
        components.forEach(each -> known.addAll(List.of(each.configurationPid)));
        all.stream().map(given -> Configurations.factory(given.pid())).filter(pid -> !known.contains(pid))
                .forEach(unread::add);
    }

    /** Returns a sentence for each PID that is named as ours. */
    List<String> ours() {
        return sentences(true);
    }

    /** Returns a sentence for each other PID. A driver that reads it may come yet. */
    List<String> others() {
        return sentences(false);
    }

    private List<String> sentences(boolean ours) {
        return unread.stream().filter(pid -> pid.startsWith(OURS) == ours)
                .map(pid -> "settings of " + pid + " are read by no component here" + Spelling.hint(pid, known)).toList();
    }
}
