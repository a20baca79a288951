// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import vfio.core.thread.Deadline;

/**
 * A value made from files, kept while the files are the same. They are looked at no more often than once in an age, so that
 * asking for thousands of functions in a row costs one look.
 */
public final class CachedValue<T> {
    /** The usual age: long enough for one listing to look once, short enough that people see what they just changed. */
    public static final Duration AGE = Duration.ofSeconds(1);

    private final Duration age;
    private final Supplier<Object> stamp;
    private final Supplier<T> source;
    private Object seen;
    private T value;
    /** Until it has passed the files are not looked at; null without a value. */
    private Deadline fresh;

    /**
     * Makes no value yet.
     *
     * @param age for how long the files are taken to be the same without a look
     * @param stamp equal for as long as the files are the same
     * @param source makes the value; never null
     */
    public CachedValue(Duration age, Supplier<Object> stamp, Supplier<T> source) {
        this.age = age;
        this.stamp = stamp;
        this.source = source;
    }

    /** Returns the value, made anew where the files have changed. */
    public synchronized T get() {
        if (value == null || fresh.passed()) {
            Deadline next = Deadline.in(age);
            Object current = stamp.get();
            if (value == null || !current.equals(seen)) {
                value = source.get();
                seen = current;
            }
            fresh = next;
        }
        return value;
    }

    /** Has the next {@link #get} make the value anew. */
    public synchronized void forget() {
        value = null;
    }

    /** Returns a value that is equal for as long as a file is the same, for the constructor's stamp. */
    public static Object stamp(Path file) {
        try {
            BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
            return List.of(file, found.lastModifiedTime(), found.size(), String.valueOf(found.fileKey()));
        } catch (IOException e) {
            return e.getClass();
        }
    }
}
