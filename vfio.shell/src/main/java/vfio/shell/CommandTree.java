// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.UsageMessageSpec;
import vfio.admin.Command;
import vfio.admin.ExitCode;
import vfio.admin.Session;

/** The picocli tree over the commands at hand: {@code vfio}, and below it one level. */
@CommandLine.Command(name = CommandTree.NAME, versionProvider = CommandTree.Version.class,
        description = "Binds PCI functions to driver bundles that come and go, and explains each decision.",
        synopsisSubcommandLabel = "COMMAND", footer = {"", "vfio COMMAND --help tells more of each, with an example."})
final class CommandTree {
    static final String NAME = "vfio";

    private static final int WIDTH = 100;
    /** The least that picocli breaks lines for. */
    private static final int NARROWEST = 55;
    /** What the vfio script does by itself; only help knows of it here. */
    private static final Map<String, String> LAUNCHER = Map.of("run", "Start a daemon and stay in the foreground.",
            "demo", "Take a tour: bind, hot-deploy and remove drivers, broken ones too.");
    private static final String DAEMON = "Daemon";

    @CommandLine.Option(names = {"-h", "--help"}, usageHelp = true, description = "Print this help.")
    private boolean help;

    @CommandLine.Option(names = {"-V", "--version"}, versionHelp = true, description = "Print versions.")
    private boolean version;

    private CommandTree() {
    }

    /** The tree for one run; where the arguments name a command it is the only one in it, since each costs time. */
    static CommandLine of(List<Command> commands, List<String> args, Session session) {
        CommandLine tree = new CommandLine(new CommandTree());
        String named = args.isEmpty() ? "" : args.get(0);
        boolean known = commands.stream().anyMatch(command -> name(command).equals(named));
        commands.stream().filter(command -> !known || name(command).equals(named)).forEach(tree::addSubcommand);
        Map<String, String> codes = new LinkedHashMap<>();
        Arrays.stream(ExitCode.values()).forEach(code -> codes.put(String.valueOf(code.number()), code.text()));
        tree.getCommandSpec().usageMessage().exitCodeListHeading("%nExit codes:%n").exitCodeList(codes);
        tree.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, CommandTree::groups);
        return tree.setOut(session.out()).setErr(session.err()).setExpandAtFiles(false)
                .setColorScheme(Help.defaultColorScheme(session.terminal() ? Help.Ansi.ON : Help.Ansi.OFF))
                .setUsageHelpWidth(session.width() == 0 ? WIDTH : Math.max(NARROWEST, Math.min(WIDTH, session.width())));
    }

    private static String name(Command command) {
        CommandLine.Command annotation = command.getClass().getAnnotation(CommandLine.Command.class);
        return annotation == null ? "" : annotation.name();
    }

    private static String groups(Help help) {
        Map<String, Map<String, String>> groups = new TreeMap<>();
        groups.put(DAEMON, new TreeMap<>(LAUNCHER));
        help.subcommands().forEach((name, command) -> {
            Object object = command.commandSpec().userObject();
            String group = object instanceof Command c ? c.group() : DAEMON;
            String[] description = command.commandSpec().usageMessage().description();
            groups.computeIfAbsent(group, g -> new TreeMap<>()).put(name, description.length == 0 ? "" : description[0]);
        });
        return groups.entrySet().stream().map(group -> "%n%s:%n".formatted(group.getKey()) + lines(help, group.getValue()))
                .collect(Collectors.joining());
    }

    private static String lines(Help help, Map<String, String> commands) {
        Help.TextTable table = Help.TextTable.forColumns(help.colorScheme(),
                new Help.Column(14, 2, Help.Column.Overflow.SPAN),
                new Help.Column(help.commandSpec().usageMessage().width() - 14, 1, Help.Column.Overflow.WRAP));
        commands.forEach((name, text) -> table.addRowValues(help.colorScheme().commandText(name),
                help.colorScheme().text(text)));
        return table.toString();
    }

    /** The version of this bundle: all of a build have the same. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            Bundle bundle = FrameworkUtil.getBundle(CommandTree.class);
            return new String[] {"vfio " + (bundle == null ? "unpackaged" : bundle.getVersion()) + ", Java "
                    + Runtime.version()};
        }
    }
}
