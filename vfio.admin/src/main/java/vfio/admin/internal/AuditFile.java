// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import vfio.core.Event;
import vfio.core.EventLog;
import vfio.core.thread.DaemonThread;

/**
 * The audit file {@code audit.jsonl} of the state directory: a line of JSON for each event. The component writes from
 * activation, also the events of before, to deactivation, when it writes those that are left. A standalone run has no audit
 * file.
 */
@Component(service = {}, immediate = true)
public final class AuditFile {
    static final long MOST_BYTES = 16L << 20;
    static final int KEPT = 4;

    private static final int BATCH = 1024;
    /** Nanoseconds to wait after an event for those that follow: events come in bursts, and are written together. */
    private static final long GATHER_NANOS = 10_000_000;
    private static final long STOP_MILLIS = 10_000;
    private static final System.Logger LOG = System.getLogger(AuditFile.class.getName());
    /** The mark that ends the queue. */
    private static final Event LAST = new Event(0, null, null, null, null);

    private final Path path;
    private final long mostBytes;
    private final LinkedBlockingQueue<Event> queue = new LinkedBlockingQueue<>();
    private final AutoCloseable tap;
    private final Thread writer;
    private volatile long failed;

    @Activate
    public AuditFile(@Reference DaemonDirectory directory, @Reference EventLog log) throws InterruptedException {
        this(directory, log, MOST_BYTES);
    }

    AuditFile(DaemonDirectory directory, EventLog log, long mostBytes) throws InterruptedException {
        path = directory.state().resolve("audit.jsonl");
        this.mostBytes = mostBytes;
        boolean off = directory.standalone();
        // Tapped before the past is read: an event of in between comes by both ways, and is written once.
        tap = off ? () -> { } : log.tap(queue::add);
        List<Event> past = off ? List.of() : log.after(0, Integer.MAX_VALUE, Duration.ZERO);
        writer = DaemonThread.of("vfio-audit", () -> write(past));
        if (!off) {
            writer.start();
        }
    }

    private void write(List<Event> past) {
        for (int i = 0; i < past.size(); i += BATCH) {
            append(past.subList(i, Math.min(i + BATCH, past.size())));
        }
        long written = past.isEmpty() ? 0 : past.get(past.size() - 1).sequence();
        List<Event> batch = new ArrayList<>();
        boolean last = false;
        while (!last) {
            try {
                batch.add(queue.take());
                LockSupport.parkNanos(GATHER_NANOS);
            } catch (InterruptedException e) {
                queue.add(LAST); // nobody of ours interrupts: write what is here and end
            }
            queue.drainTo(batch, BATCH - 1);
            last = batch.removeIf(event -> event == LAST);
            batch.removeIf(event -> event.sequence() <= written);
            append(batch);
            batch.clear();
        }
    }

    private void append(List<Event> batch) {
        if (batch.isEmpty()) {
            return;
        }
        StringWriter lines = new StringWriter();
        if (failed > 0) {
            line(gap(batch.get(0)), lines);
        }
        batch.forEach(event -> line(event, lines));
        ByteBuffer bytes = ByteBuffer.wrap(lines.toString().getBytes(StandardCharsets.UTF_8));
        try {
            rotate(bytes.remaining());
            try (FileChannel file = open()) { // READ excludes APPEND; the directory's lock makes us the only writer
                append(bytes, file);
            }
            failed = 0;
        } catch (IOException e) {
            if (failed == 0) {
                LOG.log(Level.ERROR, "events are missing from " + path + " until it can be written again: " + e);
            }
            failed += batch.size();
        }
    }

    /** Writes all bytes or none: of a part that a full disk took, the events would be counted as missing. */
    private static void append(ByteBuffer bytes, FileChannel file) throws IOException {
        long before = file.size();
        try {
            file.position(before);
            endLine(file);
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
        } catch (IOException e) {
            file.truncate(before);
            throw e;
        }
    }

    /** Returns the event that stands for missing events, under the number of the last of them. */
    private Event gap(Event next) {
        return new Event(next.sequence() - 1, next.time(), "audit-gap", path.getFileName().toString(),
                failed + " events before this are missing: the file could not be written");
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(path, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ,
                LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    /** Ends the last line where a daemon died while it wrote, so that the next line stands by itself. */
    private static void endLine(FileChannel file) throws IOException {
        ByteBuffer last = ByteBuffer.allocate(1);
        if (file.size() > 0 && file.read(last, file.size() - 1) == 1 && last.get(0) != '\n') {
            file.write(ByteBuffer.wrap(new byte[] {'\n'}));
        }
    }

    private void rotate(int more) throws IOException {
        if (!Files.exists(path) || Files.size(path) == 0 || Files.size(path) + more <= mostBytes) {
            return;
        }
        for (int i = KEPT; i > 0; i--) {
            Path younger = i == 1 ? path : older(i - 1);
            if (Files.exists(younger)) {
                Files.move(younger, older(i), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private Path older(int i) {
        return path.resolveSibling("audit." + i + ".jsonl");
    }

    private static void line(Event event, StringWriter to) {
        try {
            new JsonWriter(to).beginObject().name("schema").value(1).name("time").value(event.time().toString())
                    .name("sequence").value(event.sequence()).name("type").value(event.type())
                    .name("subject").value(event.subject()).name("text").value(event.text()).endObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a StringWriter throws none
        }
        to.write('\n');
    }

    /** Returns the number of events that could not be written since the last one that could. */
    long failed() {
        return failed;
    }

    /** Writes the events that are left. */
    @Deactivate
    public void close() throws Exception {
        tap.close();
        queue.add(LAST);
        writer.join(STOP_MILLIS);
        if (writer.isAlive()) {
            LOG.log(Level.ERROR, queue.size() + " events were not written to " + path + ": the disk does not answer");
        }
    }
}
