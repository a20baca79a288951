// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.reflect.Field;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/**
 * A printer of values as JSON for programs: an object with {@code "schema": 1} and the rows under a plural name. Records
 * become objects, null is printed, times are ISO 8601. A component {@code classCode} is printed as {@code class}, and the
 * components of a component {@code row} are put among its neighbours.
 */
public final class Json {
    /** The version of the form. It changes when a name or a meaning changes, not when something is added. */
    public static final int SCHEMA = 1;

    private static final String SPREAD = "row";
    private static final Gson LINE = gson().create();
    private static final Gson PRETTY = gson().setPrettyPrinting().create();
    private static final ClassValue<Boolean> SPREADS = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            return type.isRecord()
                    && Arrays.stream(type.getRecordComponents()).anyMatch(each -> each.getName().equals(SPREAD));
        }
    };

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

    /**
     * Prints rows over several lines, each as it comes: none but the one being printed is held.
     *
     * @throws vfio.core.VfioException EINTR where the session is cancelled meanwhile
     */
    public static void rows(Session session, String name, Iterable<?> rows) {
        print(PRETTY, session.out(), writer -> array(session, name, rows, writer));
    }

    /**
     * Prints rows as {@link #rows} does, after an act.
     *
     * @param changed false where all was so already
     */
    public static void changed(Session session, boolean changed, String name, Iterable<?> rows) {
        print(PRETTY, session.out(), writer -> {
            writer.name("changed").value(changed);
            array(session, name, rows, writer);
        });
    }

    private static void array(Session session, String name, Iterable<?> rows, JsonWriter writer) throws IOException {
        writer.name(name).beginArray();
        for (Object row : rows) {
            session.proceed();
            value(PRETTY, row, writer);
        }
        writer.endArray();
    }

    /** Returns one value instead of rows. */
    public static String value(String name, Object value) {
        return text(PRETTY, writer -> value(PRETTY, value, writer.name(name)));
    }

    /** Returns rows on one line, for streams. */
    public static String line(String name, List<?> rows) {
        return text(LINE, writer -> {
            writer.name(name).beginArray();
            for (Object row : rows) {
                value(LINE, row, writer);
            }
            writer.endArray();
        });
    }

    /** Returns one value on one line. */
    public static String line(String name, Object value) {
        return text(LINE, writer -> value(LINE, value, writer.name(name)));
    }

    /** The content behind the schema. */
    private interface Content {
        void write(JsonWriter writer) throws IOException;
    }

    private static String text(Gson gson, Content content) {
        StringWriter text = new StringWriter();
        print(gson, text, content);
        return text.toString();
    }

    private static void print(Gson gson, Writer out, Content content) {
        try {
            JsonWriter writer = gson.newJsonWriter(new EscapingWriter(out));
            writer.beginObject().name("schema").value(SCHEMA);
            content.write(writer);
            writer.endObject();
            out.write('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e); // neither a session's writer nor a string's throws any
        }
    }

    private static void value(Gson gson, Object value, JsonWriter writer) {
        if (SPREADS.get(value.getClass())) {
            gson.toJson(spread(gson.toJsonTree(value).getAsJsonObject()), writer);
        } else {
            gson.toJson(value, value.getClass(), writer);
        }
    }

    private static JsonElement spread(JsonObject value) {
        JsonObject flat = new JsonObject();
        value.entrySet().forEach(entry -> {
            if (entry.getKey().equals(SPREAD)) {
                entry.getValue().getAsJsonObject().entrySet().forEach(inner -> flat.add(inner.getKey(), inner.getValue()));
            } else {
                flat.add(entry.getKey(), entry.getValue());
            }
        });
        return flat;
    }
}
