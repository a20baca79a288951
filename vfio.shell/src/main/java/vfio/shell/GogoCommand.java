// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import java.io.PrintWriter;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vfio.admin.CommandRunner;
import vfio.admin.ExitCode;
import vfio.admin.Session;

/** The one command of the interactive shell, {@code vfio ARGS…}; Gogo finds it by its service properties. */
@Component(service = GogoCommand.class, property = {"osgi.command.scope=vfio", "osgi.command.function=vfio"})
public final class GogoCommand {
    private final CommandRunner runner;

    @Activate
    public GogoCommand(@Reference CommandRunner runner) {
        this.runner = runner;
    }

    /** Called by Gogo, which has put the shell's own streams in System's place. */
    public void vfio(String[] args) {
        Console session = new Console(new PrintWriter(System.out), new PrintWriter(System.err));
        int code = runner.run(List.of(args), session);
        if (code == ExitCode.NOT_HELD.number()) {
            session.err.println("vfio: " + ExitCode.NOT_HELD.text());
        }
        session.out.flush();
        session.err.flush();
        session.afterwards.run();
    }

    /** Width unknown: it is the terminal's to break lines. */
    private static final class Console implements Session {
        private final PrintWriter out;
        private final PrintWriter err;
        private Runnable afterwards = () -> { };

        private Console(PrintWriter out, PrintWriter err) {
            this.out = out;
            this.err = err;
        }

        @Override
        public PrintWriter out() {
            return out;
        }

        @Override
        public PrintWriter err() {
            return err;
        }

        @Override
        public int width() {
            return 0;
        }

        @Override
        public boolean terminal() {
            return true;
        }

        @Override
        public boolean standalone() {
            return false;
        }

        @Override
        public String directory() {
            return "";
        }

        @Override
        public boolean cancelled() {
            return Thread.currentThread().isInterrupted(); // Ctrl-C, as Gogo says it
        }

        @Override
        public void afterwards(Runnable act) {
            afterwards = act;
        }
    }
}
