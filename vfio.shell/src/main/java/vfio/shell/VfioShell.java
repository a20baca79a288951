// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;
import vfio.admin.Command;
import vfio.admin.CommandProvider;
import vfio.admin.CommandRunner;
import vfio.admin.ExitCode;
import vfio.admin.Failure;
import vfio.admin.Session;
import vfio.admin.Text;
import vfio.core.VfioException;
import vfio.shell.commands.UsageException;

/** Runs command lines. The commands of this bundle come first: there is no shell, and so no control socket, without. */
@Component
public final class VfioShell implements CommandRunner {
    private static final String OWN = "component.name=vfio.shell.commands.OwnCommands";
    private static final System.Logger LOG = System.getLogger(VfioShell.class.getName());

    private final CommandProvider own;
    private final List<CommandProvider> others = new CopyOnWriteArrayList<>();

    @Activate
    public VfioShell(@Reference(target = "(" + OWN + ")") CommandProvider own) {
        this.own = own;
    }

    @Reference(target = "(!(" + OWN + "))", cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addProvider(CommandProvider provider) {
        others.add(provider);
    }

    void removeProvider(CommandProvider provider) {
        others.remove(provider);
    }

    @Override
    public int run(List<String> args, Session session) {
        int code;
        try {
            code = tree(args, session).execute(args.toArray(String[]::new));
        } catch (RuntimeException | Error e) { // building the tree: a provider or its annotations are broken
            code = internal(e, session, args);
        }
        session.out().flush();
        session.err().flush();
        return code;
    }

    private CommandLine tree(List<String> args, Session session) {
        List<Command> commands = new ArrayList<>(own.commands());
        others.forEach(provider -> commands.addAll(provider.commands()));
        CommandLine tree = CommandTree.of(commands, args, session);
        tree.setExecutionStrategy(parsed -> execute(parsed, session, args));
        tree.setParameterExceptionHandler((e, ignored) -> usage(e, session, args));
        return tree;
    }

    private static int execute(CommandLine.ParseResult parsed, Session session, List<String> args) {
        if (parsed.isUsageHelpRequested() && !parsed.unmatched().isEmpty()) { // help for what is no command
            throw new UnmatchedArgumentException(parsed.commandSpec().commandLine(), parsed.unmatched());
        }
        Integer helped = CommandLine.executeHelpRequest(parsed);
        if (helped != null) {
            return helped;
        }
        CommandLine.ParseResult last = parsed.asCommandLineList().get(parsed.asCommandLineList().size() - 1)
                .getParseResult();
        if (!(last.commandSpec().userObject() instanceof Command command)) {
            last.commandSpec().commandLine().usage(session.err());
            return ExitCode.USAGE.number();
        }
        if (session.standalone() && !command.stateless()) {
            String where = session.directory().isEmpty() ? "here" : "in " + Text.visible(session.directory());
            return tell(Failure.of(ExitCode.NO_DAEMON, "no daemon runs " + where + "; start one with ./vfio run"), session,
                    args);
        }
        try {
            session.begin(command.kind());
            return command.run(session).number();
        } catch (VfioException e) {
            return tell(Failure.of(e, subject(last)), session, args);
        } catch (UsageException e) {
            return tell(Failure.of(ExitCode.USAGE, e.getMessage()), session, args);
        } catch (RuntimeException | Error e) {
            return internal(e, session, args);
        }
    }

    /** What a command is about: its first argument, or null. */
    private static String subject(CommandLine.ParseResult command) {
        return command.matchedPositionals().stream().flatMap(argument -> argument.stringValues().stream()).findFirst()
                .orElse(null);
    }

    private static int internal(Throwable e, Session session, List<String> args) {
        LOG.log(Level.ERROR, "command " + Text.visible(args.toString()), e);
        return tell(Failure.of(ExitCode.INTERNAL, "internal error, see the daemon's log: " + e.getClass().getSimpleName()),
                session, args);
    }

    private static int usage(ParameterException e, Session session, List<String> args) {
        String name = e.getCommandLine().getCommandSpec().qualifiedName();
        int code = tell(Failure.of(ExitCode.USAGE, Complaint.of(e)), session, args);
        if (!json(args)) {
            session.err().println("See " + name + " --help.");
        }
        return code;
    }

    private static int tell(Failure failure, Session session, List<String> args) {
        return failure.tell(session, json(args)).number();
    }

    /** Whether the command line asks for JSON, be it ever so wrong otherwise. */
    private static boolean json(List<String> args) {
        return args.stream().takeWhile(arg -> !arg.equals("--")).anyMatch("--json"::equals);
    }
}
