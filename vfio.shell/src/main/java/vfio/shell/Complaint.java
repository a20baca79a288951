// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.MutuallyExclusiveArgsException;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;
import vfio.core.text.Spelling;

/** What is wrong with a command line, as a sentence: picocli's own speak of indices and Java types. */
final class Complaint {
    private final CommandSpec spec;
    private final String command;

    private Complaint(CommandSpec spec) {
        this.spec = spec;
        command = spec.name();
    }

    static String of(ParameterException e) {
        return new Complaint(e.getCommandLine().getCommandSpec()).sentence(e);
    }

    /** Of a word in the place of a command that is none. */
    static String noCommand(String word, Collection<String> commands) {
        return "'" + word + "' is no command" + meant(Spelling.closest(word, commands));
    }

    private String sentence(ParameterException e) {
        ArgSpec argument = e.getArgSpec();
        if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
            return unmatched(unmatched.getUnmatched().get(0));
        }
        if (e instanceof MutuallyExclusiveArgsException) {
            return command + " takes one alone of " + alternatives();
        }
        if (e instanceof OverwrittenOptionException twice) {
            return label(twice.getOverwritten()) + " is given twice";
        }
        if (e instanceof MissingParameterException missing) {
            return missing(missing.getMissing());
        }
        if (argument instanceof OptionSpec option && option.arity().max() == 0) {
            return label(option) + " takes no value";
        }
        if (argument != null && e.getValue() != null) {
            return "'" + e.getValue() + "' is no " + (isWhole(argument) ? "whole number" : "value") + ": "
                    + (argument.isOption() ? label(argument) + " takes " : "it is ") + argument.paramLabel();
        }
        return argument instanceof OptionSpec option ? label(option) + " needs " + option.paramLabel() : plain(e);
    }

    private String unmatched(String word) {
        if (word.startsWith("-") && word.length() > 1) {
            String name = word.split("=", 2)[0];
            if (spec.parent() == null && spec.subcommands().values().stream()
                    .anyMatch(each -> each.getCommandSpec().findOption(name) != null)) {
                return name + " goes behind the command: vfio COMMAND " + name;
            }
            return "'" + name + "' is no option of " + command + meant(Spelling.closest(name, spec.optionsMap().keySet()));
        }
        if (spec.parent() == null) {
            return noCommand(word, spec.subcommands().keySet());
        }
        String taken = labels(spec.positionalParameters(), " ");
        return "'" + word + "' is one word too many: " + command + " takes " + (taken.isEmpty() ? "none" : taken);
    }

    private String missing(List<ArgSpec> missing) {
        if (missing.size() == 1 && missing.get(0) instanceof OptionSpec option) {
            return label(option) + " needs " + option.paramLabel();
        }
        if (missing.stream().anyMatch(argument -> argument.group() != null)) {
            return command + " needs one of " + alternatives();
        }
        int first = missing.stream().filter(PositionalParamSpec.class::isInstance).map(PositionalParamSpec.class::cast)
                .mapToInt(argument -> argument.index().min()).min().orElse(0);
        return command + " needs " + labels(spec.positionalParameters().stream()
                .filter(argument -> argument.required() && argument.index().min() >= first).toList(), " and ");
    }

    /** Names of what excludes each other; a command has one such group at most. */
    private String alternatives() {
        return labels(spec.argGroups().stream().flatMap(group -> group.args().stream()).toList(), ", ");
    }

    private static String labels(List<? extends ArgSpec> arguments, String between) {
        return arguments.stream().map(Complaint::label).distinct().collect(Collectors.joining(between));
    }

    private static String label(ArgSpec argument) {
        return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
    }

    private static boolean isWhole(ArgSpec argument) {
        return List.of(int.class, Integer.class, long.class, Long.class).contains(argument.type());
    }

    private static String meant(List<String> names) {
        return names.isEmpty() ? "" : "; did you mean " + String.join(" or ", names) + "?";
    }

    private static String plain(ParameterException e) {
        return e.getMessage().replaceFirst("^Error: ", "");
    }
}
