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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * Runs the commands that clients of {@code control.sock} ask for. One thread does all input and output; commands run on
 * a bounded pool whose threads end when idle. From activation to deactivation, which interrupts the commands that run
 * and delivers, within a second, what is left to say.
 */
@Component(service = {}, immediate = true)
public final class ControlServer {
    static final int MOST_COMMANDS = 64;
    static final int MOST_CONNECTIONS = 256;

    /** Linux's sun_path has 108 bytes, the last one a NUL (unix(7)). */
    private static final int LONGEST_PATH = 107;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long IDLE_SECONDS = 5;
    private static final System.Logger LOG = System.getLogger(ControlServer.class.getName());

    private final RunDirectory directory;
    private final CommandRunner runner;
    private final long patienceNanos;
    private final Path path;
    private final ServerSocketChannel server;
    private final Selector selector;
    private final ThreadPoolExecutor commands;
    private final Thread thread;
    private final AtomicInteger count = new AtomicInteger();
    private volatile boolean stopping;

    @Activate
    public ControlServer(@Reference RunDirectory directory, @Reference CommandRunner runner) {
        this(directory, runner, PATIENCE_NANOS);
    }

    /** @param patienceNanos how long a client may take for its request, or for room when the most is queued for it */
    ControlServer(RunDirectory directory, CommandRunner runner, long patienceNanos) {
        this.directory = directory;
        this.runner = runner;
        this.patienceNanos = patienceNanos;
        path = directory.path().resolve("control.sock");
        int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > LONGEST_PATH) {
            throw new VfioException(Errno.EINVAL, "the socket's path " + path + " has " + length + " bytes, and Linux takes "
                    + LONGEST_PATH + "; choose a shorter directory with --dir");
        }
        try {
            selector = Selector.open();
            server = listen();
        } catch (IOException e) {
            throw new VfioException(Errno.EIO, "cannot listen on " + path + ": " + e, e);
        }
        commands = new ThreadPoolExecutor(0, MOST_COMMANDS, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(),
                task -> daemon(task, "vfio-command " + count.incrementAndGet()));
        thread = daemon(this::serve, "vfio-control");
        thread.start();
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
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
                turn(untilNextDeadline());
            }
            server.close();
            Files.deleteIfExists(path);
            connections().forEach(Connection::cancel);
            long end = System.nanoTime() + GRACE_NANOS;
            for (long left = GRACE_NANOS; left > 0 && someoneListens(); left = end - System.nanoTime()) {
                turn(Math.min(left, untilNextDeadline()));
            }
            connections().forEach(this::close);
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.ERROR, "the control socket " + path + " is closed", e);
        } finally {
            commands.shutdownNow();
        }
    }

    private boolean someoneListens() {
        return connections().stream().anyMatch(Connection::hasAsked);
    }

    private List<Connection> connections() {
        return selector.keys().stream().filter(key -> key.isValid() && key.attachment() != null)
                .map(key -> (Connection) key.attachment()).toList();
    }

    /** Nanoseconds; at least one millisecond, which is what select can wait. */
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
            if (channel == null) {
                return;
            }
            channel.configureBlocking(false);
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            Connection connection = new Connection(channel, key, patienceNanos);
            key.attach(connection);
            if (selector.keys().size() > MOST_CONNECTIONS) {
                connection.refuse(ExitCode.BUSY, MOST_CONNECTIONS + " clients are connected already; try again later");
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cannot accept a client: " + e);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100)); // out of descriptors, most likely: do not spin
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
        }
    }

    private void start(Connection connection, Request request) {
        FutureTask<Void> task = new FutureTask<>(() -> run(connection, request), null);
        connection.runs(task);
        try {
            commands.execute(task);
        } catch (RejectedExecutionException | OutOfMemoryError e) { // the latter where no thread can be started
            connection.refuse(ExitCode.BUSY, "too many commands run already, " + MOST_COMMANDS
                    + " is the most; try again when one has ended");
        }
    }

    private void run(Connection connection, Request request) {
        ControlSession session = new ControlSession(connection, request, directory);
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
        // Not on the pool, whose threads the act may be about to interrupt by stopping this component.
        connection.close().ifPresent(act -> daemon(act, "vfio-afterwards").start());
    }

    /** Ends the commands and the socket. */
    @Deactivate
    public void close() {
        stopping = true;
        selector.wakeup();
        try {
            thread.join(TimeUnit.NANOSECONDS.toMillis(4 * GRACE_NANOS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
