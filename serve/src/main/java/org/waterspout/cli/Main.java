package org.waterspout.cli;

import java.util.Arrays;
import java.util.List;
import org.waterspout.error.WaterspoutException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** The command line. Failures are one line on standard error and an exit code of their kind: {@link WaterspoutException#exitCode()}. */
@Command(name = "waterspout", mixinStandardHelpOptions = true, versionProvider = Main.Version.class,
        description = "Runs transformers from Java, on devices through TornadoVM and on the CPU.",
        subcommands = {RunCommand.class, ChatCommand.class, TranslateCommand.class, EmbedCommand.class, ClassifyCommand.class,
        RerankCommand.class, AnswerCommand.class, ServeCommand.class, HiddenCommand.class, InspectCommand.class, DevicesCommand.class,
            ValidateCommand.class, TokenizeCommand.class, LogitsCommand.class, BenchCommand.class, LoadCommand.class,
            PullCommand.class, ListCommand.class, HelpCommand.class},
        synopsisSubcommandLabel = "COMMAND", usageHelpAutoWidth = true,
        footer = {"", "Exit codes: 0 done, 1 an error of ours or a lost answer, 2 a wrong request, 3 no such model, 4 a damaged model"
        + " file,", "5 a model that is not supported, 6 no device or environment, 7 out of memory, 8 a failed download, 9 wrong answers,",
            "10 too many requests, 11 a closed model, 12 cancelled, 13 out of time."})
public final class Main {

    /** An error of ours, not of the user, the machine or the model. */
    private static final int INTERNAL_ERROR = 1;

    /** As other programs end then. */
    private static final int OUTPUT_LOST = 1;

    @CommandLine.Option(names = {"-v", "--verbose"}, scope = ScopeType.INHERIT,
            description = "Log more on standard error, and the stack trace of a failure.")
    private boolean verbose;

    private Main() {
    }

    /** The version that the build wrote into the jar. */
    static final class Version implements CommandLine.IVersionProvider {

        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"waterspout " + (version == null ? "(classes outside a jar, no version)" : version)};
        }
    }

    public static void main(String[] arguments) {
        System.exit(run(Console.standard(), arguments));
    }

    /** Runs one command line; returns its exit code. */
    static int run(Console console, String... arguments) {
        List<String> words = Arrays.asList(arguments);
        boolean verbose = words.contains("-v") || words.contains("--verbose");
        // The logger reads its level once, when the first class with a logger is loaded: so before anything else.
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", verbose ? "info" : "warn");
        System.setProperty("org.slf4j.simpleLogger.showThreadName", "false");
        System.setProperty("org.slf4j.simpleLogger.showShortLogName", "true");
        CommandLine line = new CommandLine(new Main(), new CommandFactory(console));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setOut(new java.io.PrintWriter(console.out(), true));
        line.setErr(new java.io.PrintWriter(console.err(), true));
        line.setParameterExceptionHandler((failure, given) -> wrongUsage(console, failure));
        line.setExecutionExceptionHandler((failure, command, parsed) -> failed(console, failure, verbose));
        line.setExecutionStrategy(parsed -> parsed.hasSubcommand() || parsed.isUsageHelpRequested() || parsed.isVersionHelpRequested()
                ? new CommandLine.RunLast().execute(parsed)
                : usage(line, console));
        int exitCode = line.execute(arguments);
        if (exitCode == 0 && console.loss().isPresent()) {
            console.remark("waterspout: standard output cannot be written (" + console.loss().get() + "): the answer is lost");
            return OUTPUT_LOST;
        }
        return exitCode;
    }

    private static int usage(CommandLine line, Console console) {
        console.remark(line.getUsageMessage());
        return CommandLine.ExitCode.USAGE;
    }

    private static int wrongUsage(Console console, ParameterException failure) {
        String command = failure.getCommandLine().getCommandSpec().qualifiedName();
        // picocli names Java's types
        String message = failure.getMessage().lines().findFirst().orElse("wrong usage")
                .replaceAll("is not an? (int|long)$", "is no whole number").replaceAll("is not an? (float|double)$", "is no number");
        console.remark("waterspout: " + message + " (see " + command + " --help)");
        return CommandLine.ExitCode.USAGE;
    }

    private static int failed(Console console, Exception failure, boolean verbose) {
        if (verbose) {
            failure.printStackTrace(console.err());
        }
        if (failure instanceof WaterspoutException known) {
            console.remark("waterspout: " + known.getMessage());
            return known.exitCode();
        }
        console.remark("waterspout: internal error, please report it (--verbose shows where): " + failure);
        return INTERNAL_ERROR;
    }
}
