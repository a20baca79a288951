// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.SyntaxError;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.TerminalBuilder;
import vfio.admin.ExitCode;
import vfio.core.thread.DaemonThread;

/**
 * The prompt of {@code vfio run} on a terminal. Its lines are the commands that one types in another terminal, answered by
 * the daemon of this process, with completion. Ctrl-C ends a command, drops a line, and at an empty line ends the daemon.
 */
final class Prompt implements AutoCloseable {
    private static final String PROMPT = "vfio> ";
    private static final String LEFT = "the prompt is closed and the daemon runs on; Ctrl-C or ./vfio stop ends it";
    private static final String HERE = "\nHere a line needs no vfio in front. exit, or Ctrl-D, closes the prompt and lets the"
            + " daemon run.";

    private final Path directory;
    private final Home home;
    private final Runnable end;
    private final TextOutput out;
    private final TextOutput err;
    private final boolean ascii;
    private final org.jline.terminal.Terminal terminal;
    private final LineReader reader;
    private final Thread thread = DaemonThread.of("prompt", this::converse);

    /**
     * Takes the terminal.
     *
     * @param end ends the daemon
     */
    Prompt(Path directory, Home home, Runnable end) throws IOException {
        this.directory = directory;
        this.home = home;
        this.end = end;
        Terminal of = Terminal.ofThisProcess();
        ascii = of.ascii();
        out = TextOutput.standard(of);
        err = TextOutput.error(of);
        terminal = TerminalBuilder.builder().system(true).dumb(true).nativeSignals(true)
                .signalHandler(org.jline.terminal.Terminal.SignalHandler.SIG_IGN).build();
        terminal.handle(Signal.INT, signal -> thread.interrupt());
        DefaultParser parser = new DefaultParser();
        parser.setEscapeChars(null);
        reader = LineReaderBuilder.builder().terminal(terminal).appName("vfio").parser(parser)
                .completer(new Completion(directory)).option(LineReader.Option.DISABLE_EVENT_EXPANSION, true).build();
    }

    /** Begins to read lines. */
    void open() {
        thread.start();
    }

    private void converse() {
        while (line()) {
            Thread.interrupted(); // by a Ctrl-C that ended the command before
        }
    }

    /** Reads and runs a line. Returns false after the last. */
    private boolean line() {
        try {
            reader.readLine(PROMPT);
            return run(words(reader.getParsedLine().words()));
        } catch (UserInterruptException e) {
            if (e.getPartialLine().isEmpty()) {
                end.run();
            }
            return !e.getPartialLine().isEmpty();
        } catch (EndOfFileException e) {
            return leave();
        } catch (SyntaxError e) {
            return said(err, "vfio: " + e.getMessage());
        }
    }

    /** Returns the words of a line without the {@code vfio} in front that lines of the documentation have. */
    static List<String> words(List<String> typed) {
        List<String> words = typed.stream().filter(word -> !word.isEmpty()).toList();
        boolean program = !words.isEmpty() && (words.get(0).equals("vfio") || words.get(0).equals("./vfio"));
        return Arrays.asList(Arguments.plain(words.subList(program ? 1 : 0, words.size()).toArray(String[]::new)));
    }

    private boolean run(List<String> words) {
        if (words.isEmpty()) {
            return true;
        }
        switch (words.get(0)) {
            case "exit", "quit" -> {
                return leave();
            }
            case "run", "demo" -> {
                return said(err, "vfio: " + words.get(0) + " is for a terminal of its own");
            }
            default -> {
                answer(words);
                return !words.equals(List.of("--help")) || said(out, HERE);
            }
        }
    }

    private void answer(List<String> words) {
        try {
            Client client = new Client(new Terminal(terminal.getWidth(), true, ascii), out, err);
            int code = client.run(directory, words);
            if (code == ExitCode.NOT_HELD.number()) {
                beside(words);
            }
        } catch (LaunchException e) {
            said(err, "vfio: " + e.getMessage());
        } catch (InterruptedException e) {
            said(out, "");
        } catch (IOException e) {
            boolean interrupted = Thread.interrupted();
            said(interrupted ? out : err, interrupted ? "" : "vfio: " + e.getMessage());
        }
    }

    /** Answers without the daemon what it does not hold, by a process like that of a user elsewhere. */
    private void beside(List<String> words) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(home.script().toString(), "--dir", directory.toString());
        builder.command().addAll(words);
        builder.inheritIO().start().waitFor();
    }

    private boolean leave() {
        said(out, LEFT);
        close(); // what is typed now is the terminal's again, Ctrl-C too
        return false;
    }

    /** Prints a sentence. Returns true also where the terminal does not show it, which is no reason to stop reading. */
    private static boolean said(TextOutput to, String sentence) {
        try {
            to.line(sentence);
        } catch (LaunchException e) {
            System.getLogger(Prompt.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
        }
        return true;
    }

    /** Gives the terminal back as it was. */
    @Override
    public void close() {
        try {
            terminal.close();
        } catch (IOException e) {
            System.getLogger(Prompt.class.getName()).log(System.Logger.Level.WARNING, "closing the terminal: " + e);
        }
    }
}
