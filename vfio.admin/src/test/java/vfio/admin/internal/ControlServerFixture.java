// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import vfio.admin.Command.Kind;
import vfio.admin.CommandRunner;
import vfio.admin.Failure;
import vfio.admin.Session;
import vfio.admin.internal.ControlServer.Patience;
import vfio.core.VfioException;

/**
 * A control server in a run directory of its own, whose commands wait, print or fail as their tests need.
 */
@Timeout(60)
abstract class ControlServerFixture {
    static final Patience LONG = new Patience(Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofMinutes(1));
    static final Patience SHORT = new Patience(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1));

    @TempDir
    Path tmp;
    Path run;
    DaemonDirectory directory;
    ControlServer server;
    final CountDownLatch cancelled = new CountDownLatch(1);
    final CountDownLatch release = new CountDownLatch(1);
    final CountDownLatch acted = new CountDownLatch(1);
    final CountDownLatch afterwards = new CountDownLatch(1);
    final AtomicInteger running = new AtomicInteger();
    final AtomicInteger done = new AtomicInteger();
    final AtomicInteger interrupted = new AtomicInteger();
    final AtomicInteger printed = new AtomicInteger();

    private int command(List<String> args, Session session) throws InterruptedException {
        String name = args.isEmpty() ? "" : args.get(0);
        session.begin(switch (name) {
            case "much" -> Kind.ROWS;
            case "follow" -> Kind.FOLLOW;
            case "wait", "act" -> Kind.ACT;
            default -> Kind.PROMPT;
        });
        running.incrementAndGet();
        switch (name) {
            case "echo" -> session.out().print(String.join(" ", args) + " " + session.width() + " " + session.terminal());
            case "both" -> {
                session.out().print("out");
                session.err().print("err");
            }
            case "much" -> much(Integer.parseInt(args.get(1)), session);
            case "throw" -> throw new LinkageError("driver trouble");
            case "wait", "query" -> release.await();
            case "act" -> act(session);
            case "follow" -> follow(session);
            case "stop" -> {
                session.out().print("stopping");
                session.afterwards(() -> {
                    server.close();
                    afterwards.countDown();
                });
            }
            default -> session.err().print("what?");
        }
        done.incrementAndGet();
        return args.size();
    }

    private void much(int count, Session session) {
        for (int left = count; left > 0; left -= 1000) {
            session.proceed();
            session.out().print("x".repeat(Math.min(left, 1000)));
            printed.addAndGet(Math.min(left, 1000));
        }
    }

    private void act(Session session) throws InterruptedException {
        session.out().print("acting");
        session.out().flush();
        release.await();
        acted.countDown();
        session.proceed(); // which an act does, whatever ends, as long as somebody is there to be told
    }

    private void follow(Session session) throws InterruptedException {
        session.out().print("following");
        session.out().flush();
        try {
            release.await();
        } catch (InterruptedException e) {
            if (session.cancelled()) {
                cancelled.countDown();
            }
            session.err().print(session.ending() ? "the daemon ends" : "nobody listens");
        }
    }

    @BeforeEach
    void start() {
        run = tmp.resolve("run");
        directory = DaemonDirectories.daemon(run);
        server = server(LONG);
    }

    ControlServer server(Patience patience) {
        CommandRunner runner = (args, session) -> {
            try {
                return command(args, session);
            } catch (InterruptedException e) {
                interrupted.incrementAndGet();
                return 99;
            } catch (VfioException e) {
                session.err().print(e.sentence());
                return Failure.of(e, null).code().number();
            }
        };
        return new ControlServer(directory, runner, patience);
    }

    void restart(Patience patience) {
        server.close();
        server = server(patience);
    }

    @AfterEach
    void stop() {
        server.close();
        directory.close();
    }

    void assertAlive() throws IOException {
        assertEquals(new Client.Answer("echo 80 true", "", 1), Client.ask(run, "echo"));
    }
}
