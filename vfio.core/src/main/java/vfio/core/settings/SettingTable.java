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
 * The settings that a component reads, as the elements of its annotation type declare them: names, types and defaults. What a
 * framework would make of a wrong value, such as {@code false} of {@code maybe}, is found here before.
 */
public final class SettingTable {
    private final Map<String, Setting> settings = new TreeMap<>();

    /** @param declared annotation types whose elements are settings; whole numbers among them are amounts, from 0 on */
    public SettingTable(Class<?>... declared) {
        Arrays.stream(declared).flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> method.getParameterCount() == 0 && !method.isSynthetic())
                .forEach(method -> settings.put(method.getName(), Setting.of(method)));
    }

    /**
     * One element.
     *
     * @param form a regular expression for its text, or null
     */
    private record Setting(String name, Class<?> type, String form, String expected) {
        static Setting of(Method method) {
            // By name: a bundle's annotation is of another loader's class than that of whoever starts the framework.
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

    /** The names, sorted. */
    public Set<String> names() {
        return settings.keySet();
    }

    /** What is wrong with a setting, its name or its value, and what is allowed; a clause, or empty where nothing is. */
    public Optional<String> problem(String name, Object value) {
        if (settings.containsKey(name)) {
            return settings.get(name).wrong(value);
        }
        String all = settings.values().stream().map(each -> each.name + (each.type.isArray() ? "[]" : ""))
                .collect(Collectors.joining(", "));
        return Optional.of("there is no such setting" + Spelling.hint(name, names()) + "; there are " + all);
    }

    /** The same where other names are allowed too, but for those that are nearly one of these. */
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
