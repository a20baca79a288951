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
 * A value made of what lies on disk, kept while its source is the same. The source is looked at no more often than once
 * in an age, so that asking for thousands of functions in a row costs one look.
 */
public final class CachedValue<T> {
    /** Long enough for one listing to look once, short enough that a person sees what they just changed. */
    public static final Duration AGE = Duration.ofSeconds(1);

    private final Duration age;
    private final Supplier<Object> stamp;
    private final Supplier<T> source;
    private Object seen;
    private T value;
    /** Until when the source need not be looked at. */
    private Deadline fresh;

    /**
     * @param stamp equal for as long as the source is the same
     * @param source makes the value; never null
     */
    public CachedValue(Duration age, Supplier<Object> stamp, Supplier<T> source) {
        this.age = age;
        this.stamp = stamp;
        this.source = source;
    }

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

    /** What is asked for next is made anew. */
    public synchronized void forget() {
        value = null;
    }

    /** Tells one state of a file from the next. */
    public static Object stamp(Path file) {
        try {
            BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
            return List.of(file, found.lastModifiedTime(), found.size(), String.valueOf(found.fileKey()));
        } catch (IOException e) {
            return e.getClass();
        }
    }
}
