// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import vfio.admin.CommandRunner;
import vfio.admin.ExitCode;
import vfio.admin.control.Request;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.thread.DaemonThread;
import vfio.core.thread.Deadline;

/**
 * The server of the control socket, which runs the commands of its clients. One thread does all input and output. Each
 * command has a thread, which ends when idle, and a place by its kind. The server runs from activation to deactivation, which
 * interrupts the commands that run, but waits for acts, and delivers what is left to say.
 */
@Component(service = {}, immediate = true)
public final class ControlServer {
    static final int MOST_CONNECTIONS = 256;
    /** Bytes of answers that wait for their clients, of all clients together. */
    static final int MOST_QUEUED = 16 << 20;

    private static final Duration GRACE = Duration.ofSeconds(1);
    /** The time that acts have at the end. An act may wait for a host's kernel; the framework's own end has 30 s. */
    private static final Duration ACT_LIMIT = Duration.ofSeconds(15);
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long IDLE_SECONDS = 5;
    private static final System.Logger LOG = System.getLogger(ControlServer.class.getName());

    private final DaemonDirectory directory;
    private final CommandRunner runner;
    private final Patience patience;
    private final Places places;
    private final MemoryShortage shortage = MemoryShortage.ofProcess();
    private final Path path;
    private final ServerSocketChannel server;
    private final Selector selector;
    private final ThreadPoolExecutor commands;
    private final Thread thread;
    private final AtomicInteger count = new AtomicInteger();
    private volatile boolean stopping;

    /**
     * The times that clients and commands have.
     *
     * @param request from the connection to a whole request
     * @param reading without the client's taking anything of what waits for it
     * @param place for a command until there is room for it
     */
    record Patience(Duration request, Duration reading, Duration place) {
        static final Patience USUAL = new Patience(Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(30));
    }

    @Activate
    public ControlServer(@Reference DaemonDirectory directory, @Reference CommandRunner runner) {
        this(directory, runner, Patience.USUAL);
    }

    ControlServer(DaemonDirectory directory, CommandRunner runner, Patience patience) {
        this.directory = directory;
        this.runner = runner;
        this.patience = patience;
        places = new Places(patience.place().toNanos());
        path = directory.run().socket();
        int excess = directory.run().excess();
        if (excess > 0) {
            throw new VfioException(Errno.EINVAL, "the socket's path " + path + " is " + excess
                    + " bytes longer than Linux takes; choose a shorter directory with --dir");
        }
        try {
            selector = Selector.open();
            server = listen();
        } catch (IOException e) {
            throw new VfioException(Errno.EIO, "cannot listen on " + path + ": " + e, e);
        }
        commands = new ThreadPoolExecutor(0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(),
                task -> DaemonThread.of("vfio-command " + count.incrementAndGet(), task));
        thread = DaemonThread.of("vfio-control", this::serve);
        thread.start();
    }

    private ServerSocketChannel listen() throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            Files.deleteIfExists(path); // stale: the directory is ours alone
            channel.bind(UnixDomainSocketAddress.of(path), MOST_CONNECTIONS);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_ACCEPT);
            return channel;
        } catch (IOException e) {
            channel.close();
            selector.close();
            throw e;
        }
    }

    private void serve() {
        try (selector; server) {
            while (!stopping) {
                try {
                    turn(untilNextDeadline());
                } catch (OutOfMemoryError e) {
                    shortage.await();
                }
            }
            server.close();
            Files.deleteIfExists(path);
            connections().forEach(Connection::end);
            Deadline acts = Deadline.in(ACT_LIMIT);
            Deadline words = Deadline.in(GRACE);
            while (awaited(acts, words)) {
                turn(Math.min(STEP_NANOS, untilNextDeadline()));
            }
            connections().forEach(this::close);
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.ERROR, "the control socket " + path + " is closed", e);
        } finally {
            commands.shutdownNow();
        }
    }

    /**
     * Returns whether something is still to come, each until its deadline: an act's end, or the last words of other commands.
     */
    private boolean awaited(Deadline acts, Deadline words) {
        return !acts.passed() && places.acting()
                || !words.passed() && connections().stream().anyMatch(Connection::hasAsked);
    }

    private List<Connection> connections() {
        return selector.keys().stream().filter(key -> key.isValid() && key.attachment() != null)
                .map(key -> (Connection) key.attachment()).toList();
    }

    /** Returns the nanoseconds until the next client is to be dropped, or the largest number where none is. */
    private long untilNextDeadline() {
        return connections().stream().map(Connection::patienceLeft).flatMap(Optional::stream).min(Long::compare)
                .map(left -> Math.max(left, 0)).orElse(Long.MAX_VALUE);
    }

    private void turn(long nanos) throws IOException {
        selector.select(this::ready, nanos == Long.MAX_VALUE ? 0 : nanos / 1_000_000 + 1);
        connections().stream().filter(c -> c.patienceLeft().filter(left -> left <= 0).isPresent()).forEach(this::close);
    }

    private void ready(SelectionKey key) {
        if (key.isValid() && key.isAcceptable()) {
            accept();
        } else if (key.isValid()) {
            serve((Connection) key.attachment(), key);
        }
    }

    private void accept() {
        try {
            SocketChannel channel = server.accept();
            if (channel != null) {
                take(channel);
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cannot accept a client: " + e);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100)); // out of descriptors, most likely: do not spin
        }
    }

    private void take(SocketChannel channel) throws IOException {
        boolean taken = false;
        try {
            channel.configureBlocking(false);
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            Connection connection = new Connection(channel, key, patience.request(), patience.reading());
            key.attach(connection);
            taken = true;
            if (connections().size() > MOST_CONNECTIONS) {
                connection.refuse(ExitCode.BUSY, MOST_CONNECTIONS + " clients are connected already; try again later");
            }
        } finally {
            if (!taken) {
                channel.close(); // memory has run out: a key without a connection would be nobody's
            }
        }
    }

    private void serve(Connection connection, SelectionKey key) {
        try {
            boolean over = key.isWritable() && connection.writable();
            if (!over && key.isReadable()) {
                connection.readable().ifPresent(request -> start(connection, request));
            }
            if (over) {
                close(connection);
            }
        } catch (Request.Malformed e) {
            connection.refuse(ExitCode.USAGE, e.getMessage());
        } catch (IOException e) {
            close(connection); // gone: the usual end of `events --follow`
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "a client of " + path + " is dropped", e);
            close(connection);
        } catch (OutOfMemoryError e) {
            close(connection); // it may have cost much, and is half served
            throw e;
        }
    }

    private void start(Connection connection, Request request) {
        if (stopping) {
            connection.refuse(ExitCode.NO_DAEMON, "the daemon ends");
            return;
        }
        FutureTask<Void> task = new FutureTask<>(() -> run(connection, request), null);
        connection.runs(task);
        try {
            commands.execute(task);
        } catch (RejectedExecutionException | OutOfMemoryError e) { // the latter where no thread can be started
            connection.refuse(ExitCode.BUSY, "no thread can be started for the command; try again later");
        }
    }

    private void run(Connection connection, Request request) {
        ControlSession session = new ControlSession(connection, request, directory, places);
        int code = ExitCode.INTERNAL.number();
        try {
            code = runner.run(request.args(), session);
        } catch (Throwable e) { // a runner tells its failures itself; this is for an Error, and the client must not hang
            LOG.log(Level.ERROR, "command " + request.args(), e);
        } finally {
            session.end(code);
        }
    }

    private void close(Connection connection) {
        // Not on the pool, whose threads it may be about to interrupt by stopping this component.
        connection.close().ifPresent(act -> DaemonThread.start("vfio-afterwards", act));
    }

    /** Ends the commands, acts when they are done or late, and the socket. */
    @Deactivate
    public void close() {
        stopping = true;
        selector.wakeup();
        try {
            thread.join(ACT_LIMIT.plus(GRACE.multipliedBy(3)).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
