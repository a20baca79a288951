// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import vfio.admin.CommandProvider;
import vfio.core.EventLog;
import vfio.shell.commands.Commands;
import vfio.shell.commands.FakePci;
import vfio.shell.commands.FakeUpdates;

/** A shell over fakes, with what it has printed. */
abstract class ShellFixture {
    final FakePci pci = new FakePci();
    final FakeUpdates updates = new FakeUpdates();
    final EventLog log = new EventLog();
    final AtomicInteger stops = new AtomicInteger();
    final TestSession session = new TestSession();

    int run(String... args) {
        return run(stops::incrementAndGet, args);
    }

    int run(Runnable shutdown, String... args) {
        CommandProvider provider = Commands.over(pci, updates, log, shutdown);
        return new VfioShell(provider).run(List.of(args), session);
    }

    String out() {
        return session.outText.toString();
    }

    String err() {
        return session.errText.toString();
    }
}
