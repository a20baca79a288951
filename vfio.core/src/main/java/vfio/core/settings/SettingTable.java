// SPDX-License-Identifier: Apache-2.0
package vfio.core.settings;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import vfio.core.text.Spelling;

/**
 * The settings that a component reads, by the elements of its annotation type: names and types. The table finds a wrong value
 * before a framework turns the value into another one, such as {@code maybe} into {@code false}.
 */
public final class SettingTable {
    private final Map<String, Setting> settings = new TreeMap<>();

    /**
     * @param declared annotation types whose elements are settings; an element of type {@code long} is an amount, from 0 on
     */
    public SettingTable(Class<?>... declared) {
        Arrays.stream(declared).flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> method.getParameterCount() == 0 && !method.isSynthetic())
                .forEach(method -> settings.put(method.getName(), Setting.of(method)));
    }

    /**
     * One element of an annotation type.
     *
     * @param form a regular expression for its text, or null
     */
    private record Setting(String name, Class<?> type, String form, String expected) {
        static Setting of(Method method) {
            // By name: a bundle and the program that starts the framework load the annotation's class by different loaders.
            Annotation form = Arrays.stream(method.getAnnotations())
                    .filter(each -> each.annotationType().getName().equals(Form.class.getName())).findFirst().orElse(null);
            return new Setting(method.getName(), method.getReturnType(), text(form, "value"), text(form, "expected"));
        }

        private static String text(Annotation form, String element) {
            try {
                return form == null ? null : (String) form.annotationType().getMethod(element).invoke(form);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }

        Optional<String> wrong(Object value) {
            if (type.isArray() && value instanceof String text && text.indexOf(',') >= 0) {
                return Optional.of("it takes a list: write " + name + "[]=" + text);
            }
            if (!type.isArray() && value instanceof Object[]) {
                return Optional.of("it takes one value, and no list: write " + name + "=VALUE");
            }
            List<?> all = value instanceof Object[] array ? Arrays.asList(array) : List.of(value);
            return all.stream().map(String::valueOf).flatMap(text -> wrongText(text).stream()).findFirst();
        }

        private Optional<String> wrongText(String text) {
            if (type == boolean.class && !text.equals("true") && !text.equals("false")) {
                return Optional.of("it is true or false");
            }
            if (type == long.class && !isAmount(text)) {
                return Optional.of("it is a whole number from 0 on");
            }
            return form == null || text.matches(form) ? Optional.empty() : Optional.of("'" + text + "' is not " + expected);
        }
    }

    /** Returns the names, sorted. */
    public Set<String> names() {
        return settings.keySet();
    }

    /** Returns the fault of a setting's name or value and the allowed ones, as a clause; empty for a right setting. */
    public Optional<String> problem(String name, Object value) {
        if (settings.containsKey(name)) {
            return settings.get(name).wrong(value);
        }
        String all = settings.values().stream().map(each -> each.name + (each.type.isArray() ? "[]" : ""))
                .collect(Collectors.joining(", "));
        return Optional.of("there is no such setting" + Spelling.hint(name, names()) + "; there are " + all);
    }

    /**
     * Returns the fault as {@link #problem} does where other names are allowed too; an unknown name is a fault only where it
     * is nearly one of the table's.
     */
    public Optional<String> problemAmongOthers(String name, Object value) {
        if (settings.containsKey(name)) {
            return problem(name, value);
        }
        String hint = Spelling.hint(name, names());
        return hint.isEmpty() ? Optional.empty() : Optional.of("there is no such setting" + hint);
    }

    private static boolean isAmount(String text) {
        try {
            return Long.parseLong(text) >= 0;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
