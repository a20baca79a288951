// SPDX-License-Identifier: Apache-2.0
package itest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An environment of processes that a user may have.
 *
 * @param variables all there are, but for {@code PATH} and {@code JAVA_HOME}, which stand for those of the test where not
 *     given
 * @param shell what a shell does before, such as {@code umask 077}; empty for nothing
 * @param place a folder for product and run directory, below one of the test's
 */
record Surroundings(String name, Map<String, String> variables, String shell, String place) {
    private static final String JAVA = "VFIO_JAVA_OPTS";

    /** All of the variables a process is given. */
    Map<String, String> whole() {
        Map<String, String> whole = new LinkedHashMap<>();
        whole.put("PATH", System.getenv("PATH"));
        whole.put("JAVA_HOME", System.getProperty("java.home"));
        whole.putAll(variables);
        return whole;
    }

    @Override
    public String toString() {
        return name;
    }

    private static Surroundings of(String name, Map<String, String> variables) {
        return new Surroundings(name, variables, "", "p");
    }

    /** Those that can be had at once: each of them is several that do not touch each other. */
    static List<Surroundings> few() {
        return List.of(new Surroundings("a container: nothing set, C locale, nowhere to write, letters outside ASCII in "
                + "names",
                        Map.of(JAVA, "-Djava.io.tmpdir=/proc"), "cd /", "José € 100%#+&"),
                new Surroundings("digits of Farsi, a collector of one's own, quotes in options",
                        Map.of(JAVA, "-Duser.language=fa -Duser.country=IR '-Dsome.thing=a b'\n-Dmore=\"c d\"",
                        "JAVA_TOOL_OPTIONS", "-XX:+UseParallelGC", "LANG", "fa_IR.UTF-8"), "umask 000", "p"),
                new Surroundings("a shell's habits", Map.of("CDPATH", "/:/usr", "GLOBIGNORE", "*.jar", "SHELLOPTS",
                        "braceexpand:noglob", "POSIXLY_CORRECT", "1", "IFS", "/", "COLUMNS", "wide", "PATH", "/nowhere", "TZ",
                        ":nonsense", "TERM", "nonesuch", "XDG_RUNTIME_DIR", "gone"),
                        "umask 077; ulimit -n 128; mkdir gone; cd gone; rmdir ../gone", "p"));
    }

    /** Each by itself, for which there is more time. */
    static List<Surroundings> all() {
        List<Surroundings> all = new ArrayList<>(few());
        for (String locale : List.of("ar_EG", "ar_SA", "bn_BD", "mr_IN", "ne_NP", "my_MM", "tr_TR", "th_TH_TH", "ja_JP_JP",
                "hi_IN")) {
            String[] parts = locale.split("_");
            all.add(of("locale " + locale, Map.of(JAVA, "-Duser.language=" + parts[0] + " -Duser.country=" + parts[1]
                    + (parts.length > 2 ? " -Duser.variant=" + parts[2] : ""), "LANGUAGE", parts[0])));
        }
        for (String variable : List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", JAVA)) {
            all.add(of("a collector by " + variable, Map.of(variable, "-XX:+UseG1GC")));
        }
        for (String mask : List.of("000", "002", "027", "077")) {
            all.add(new Surroundings("umask " + mask, Map.of("HOME", "/nowhere"), "umask " + mask, "p"));
        }
        for (String place : List.of("a b", "100%25", "#1+1", "Ünïcödé", "new\nline", "'quoted\"", "$HOME", "back\\slash",
                "-dash", "[a]*?")) {
            all.add(new Surroundings("a folder called " + place.replace("\n", "\\n"), Map.of(), "", place));
        }
        for (String zone : List.of("Asia/Kathmandu", "UTC-14", "Pacific/Apia", "XYZ123")) {
            all.add(of("time zone " + zone, Map.of("TZ", zone)));
        }
        all.add(of("C.UTF-8", Map.of("LC_ALL", "C.UTF-8")));
        all.add(of("a locale that is not there", Map.of("LC_ALL", "xx_YY.UTF-8")));
        all.add(of("a proxy for everything",
                Map.of("http_proxy", "http://127.0.0.1:9", "https_proxy", "http://127.0.0.1:9")));
        return all;
    }
}
