// SPDX-License-Identifier: Apache-2.0
package launcher;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;

/**
 * The JSON form of a {@link LaunchException}: the object that a daemon's commands print with {@code --json} when they fail.
 */
final class JsonFailure {
    private JsonFailure() {
    }

    /** Returns one line, without its end. */
    static String line(LaunchException failure) {
        JsonObject error = new JsonObject();
        error.addProperty("message", failure.getMessage());
        error.add("errno", JsonNull.INSTANCE);
        error.addProperty("code", failure.exitCode());
        error.add("object", JsonNull.INSTANCE);
        JsonObject whole = new JsonObject();
        whole.addProperty("schema", 1);
        whole.add("error", error);
        return new GsonBuilder().serializeNulls().disableHtmlEscaping().create().toJson(whole);
    }
}
