// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.core.VfioException;

/**
 * A gate against a model of it: random sequences of every act, of four threads that come in to a depth of three and one that
 * records, pauses, blocks and shuts, one act at a time. After each act it is known who is inside, who waits and who was
 * refused, and the gate must say the same.
 */
class GateModelTest {
    private static final int SEQUENCES = 1_500;
    private static final int ACTS = 60;
    private static final int DEPTH = 3;

    private final List<Caller> callers = Stream.generate(Caller::new).limit(4).toList();
    private Gate gate;
    private boolean shut;
    private boolean blocked;
    private boolean recording;
    private boolean paused;
    private final List<String> acts = new ArrayList<>();

    private enum Entry { IN, REFUSED, HELD }

    /** A thread that calls through the gate, one command at a time, and what the model knows of it. */
    private static final class Caller {
        private final BlockingQueue<FutureTask<?>> commands = new LinkedBlockingQueue<>();
        private final Thread thread = new Thread(this::run);
        /** Calls inside: those that were counted, and those that were noted. */
        private int counted;
        private int noted;
        /** An entry that waits; null for none. */
        private FutureTask<Entry> waiting;

        Caller() {
            thread.setDaemon(true);
            thread.start();
        }

        private void run() {
            try {
                while (true) {
                    commands.take().run();
                }
            } catch (InterruptedException e) {
                return; // the test is over
            }
        }

        <T> FutureTask<T> does(Callable<T> command) {
            FutureTask<T> task = new FutureTask<>(command);
            commands.add(task);
            return task;
        }

        int inside() {
            return counted + noted;
        }
    }

    @AfterEach
    void end() {
        callers.forEach(caller -> caller.thread.interrupt());
    }

    @Test
    void theGateIsAsItsModel() throws Exception {
        for (int seed = 0; seed < SEQUENCES; seed++) {
            Random random = new Random(seed);
            begin();
            for (int i = 0; i < ACTS; i++) {
                act(random);
                check();
            }
            finish();
        }
    }

    private void begin() {
        gate = new Gate();
        shut = blocked = recording = paused = false;
        acts.clear();
    }

    private void act(Random random) throws Exception {
        Caller caller = callers.get(random.nextInt(callers.size()));
        int choice = random.nextInt(100);
        if (choice < 60) {
            if (caller.waiting == null && (caller.inside() == 0 || choice < 30 && caller.inside() < DEPTH)) {
                enter(caller, random.nextInt(4) > 0);
            } else if (caller.waiting == null) {
                leave(caller);
            }
        } else if (choice < 70) {
            control("record", gate::record);
            recording = true;
        } else if (choice < 80) {
            control("pause", gate::pause);
            recording = false;
            paused = true;
        } else if (choice < 90) {
            recording = paused = false;
            control("resume", gate::resume);
        } else if (choice < 95) {
            blocked = true;
            control("block", gate::block);
        } else if (choice < 99) {
            blocked = false;
            control("unblock", gate::unblock);
        } else {
            shut = true;
            control("shut", gate::shut);
        }
    }

    private void control(String name, Runnable act) {
        acts.add(name);
        act.run();
    }

    private void enter(Caller caller, boolean waits) throws Exception {
        acts.add("enter " + callers.indexOf(caller));
        FutureTask<Entry> entry = caller.does(() -> entered(waits));
        boolean held = paused && !shut && !blocked && caller.noted == 0;
        if (held && waits) {
            while (caller.thread.getState() != Thread.State.WAITING || !caller.commands.isEmpty()) {
                assertTrue(!entry.isDone(), this::said);
                Thread.onSpinWait();
            }
            caller.waiting = entry;
        } else {
            ended(caller, entry, held);
        }
    }

    private Entry entered(boolean waits) {
        try {
            return gate.enter(waits) ? Entry.IN : Entry.REFUSED;
        } catch (VfioException e) {
            assertEquals(VfioException.Kind.HELD, e.kind());
            return Entry.HELD;
        }
    }

    private void ended(Caller caller, FutureTask<Entry> entry, boolean held) throws Exception {
        Entry expected = shut || blocked ? Entry.REFUSED : held ? Entry.HELD : Entry.IN;
        assertEquals(expected, entry.get(10, TimeUnit.SECONDS), this::said);
        if (expected == Entry.IN) {
            caller.noted += recording || paused ? 1 : 0;
            caller.counted += recording || paused ? 0 : 1;
        }
    }

    private void leave(Caller caller) throws Exception {
        acts.add("leave " + callers.indexOf(caller));
        caller.does(() -> {
            gate.leave();
            return true;
        }).get(10, TimeUnit.SECONDS);
        if (caller.noted > 0) {
            caller.noted--;
        } else {
            caller.counted--;
        }
    }

    /** Who waits is let go by what ends the pause, or the gate; then the gate knows who is inside. */
    private void check() throws Exception {
        for (Caller caller : callers) {
            if (caller.waiting != null && (!paused || shut || blocked)) {
                ended(caller, caller.waiting, false);
                caller.waiting = null;
            }
            assertTrue(caller.waiting == null || !caller.waiting.isDone(), this::said);
        }
        assertEquals(callers.stream().allMatch(caller -> caller.counted == 0), gate.awaitRecorded(Duration.ZERO), this::said);
        assertEquals(callers.stream().allMatch(caller -> caller.inside() == 0), gate.awaitEmpty(Duration.ZERO), this::said);
        assertEquals(paused, gate.paused(), this::said);
    }

    private void finish() throws Exception {
        control("resume", gate::resume);
        recording = paused = false;
        check();
        for (Caller caller : callers) {
            while (caller.inside() > 0) {
                leave(caller);
            }
        }
        check();
    }

    private String said() {
        return String.join(", ", acts);
    }
}
