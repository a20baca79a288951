// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import java.lang.reflect.Field;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Values as JSON for programs: an object with {@code "schema": 1} and the rows under a plural name. Records become
 * objects, null is printed, times are ISO 8601. A component {@code classCode} is printed as {@code class}, and the
 * components of one called {@code row} are put among its neighbours.
 */
public final class Json {
    /** Changes when a name or meaning changes, not when something is added. */
    public static final int SCHEMA = 1;

    private static final String SPREAD = "row";
    private static final Gson LINE = gson().create();
    private static final Gson PRETTY = gson().setPrettyPrinting().create();

    private Json() {
    }

    private static GsonBuilder gson() {
        JsonSerializer<Instant> instants = (time, type, context) -> new JsonPrimitive(time.toString());
        return new GsonBuilder().serializeNulls().disableHtmlEscaping().setFieldNamingStrategy(Json::name)
                .registerTypeAdapter(Instant.class, instants);
    }

    private static String name(Field field) {
        return field.getName().equals("classCode") ? "class" : field.getName();
    }

    /** The rows over several lines, with a line end. */
    public static String rows(String name, List<?> rows) {
        return print(PRETTY, name, LINE.toJsonTree(rows.stream().map(Json::spread).toList()));
    }

    /** One value instead of rows. */
    public static String value(String name, Object value) {
        return print(PRETTY, name, spread(value));
    }

    /** As {@link #rows}, on one line: for streams. */
    public static String line(String name, List<?> rows) {
        return print(LINE, name, LINE.toJsonTree(rows.stream().map(Json::spread).toList()));
    }

    /** As {@link #value}, on one line. */
    public static String line(String name, Object value) {
        return print(LINE, name, spread(value));
    }

    private static JsonElement spread(Object row) {
        JsonElement tree = LINE.toJsonTree(row);
        if (!tree.isJsonObject() || !tree.getAsJsonObject().has(SPREAD)) {
            return tree;
        }
        JsonObject flat = new JsonObject();
        tree.getAsJsonObject().entrySet().forEach(entry -> {
            if (entry.getKey().equals(SPREAD)) {
                entry.getValue().getAsJsonObject().entrySet().forEach(inner -> flat.add(inner.getKey(), inner.getValue()));
            } else {
                flat.add(entry.getKey(), entry.getValue());
            }
        });
        return flat;
    }

    private static String print(Gson gson, String name, JsonElement value) {
        JsonObject object = new JsonObject();
        object.addProperty("schema", SCHEMA);
        object.add(name, value);
        return escaped(gson.toJson(object)) + "\n";
    }

    /** Gson leaves C1 controls and direction marks as they are; they occur in strings only, where an escape means them. */
    private static String escaped(String json) {
        if (json.chars().noneMatch(Json::risky)) {
            return json;
        }
        return json.chars().mapToObj(c -> risky(c) ? "\\u%04x".formatted(c) : String.valueOf((char) c))
                .collect(Collectors.joining());
    }

    private static boolean risky(int c) {
        return c >= 0x7f && !Character.isSurrogate((char) c) && Text.hidden(c);
    }
}
