package org.waterspout.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.waterspout.Generation;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Sharing;
import org.waterspout.model.text.ChatMessage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "chat", mixinStandardHelpOptions = true, sortOptions = false,
        description = "A conversation with a model that has a chat template. /new starts over, /exit or Ctrl-D ends, Ctrl-C stops an"
        + " answer.") final class ChatCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ModelOptions modelOptions;

    @Option(names = {"-s", "--system"}, paramLabel = "TEXT", description = "A system message to begin with.")
    private Optional<String> system = Optional.empty();

    @Option(names = {"-n", "--max-tokens"}, paramLabel = "N", defaultValue = "1024", description = "Most tokens in an answer; default:"
            + " ${DEFAULT-VALUE}.")
    private int maxTokens;

    @Option(names = "--parse-special",
            description = "Names of control tokens in what you write, such as <|im_end|>, count as these tokens; else they are plain text.")
    private boolean parseSpecial;

    @Mixin
    private SamplingOptions sampling;

    @Mixin
    private SpeculationOptions speculation;

    ChatCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        // both refuse wrong values before the model is loaded
        sampling.sampling(UnaryOperator.identity());
        speculation.speculation();
        try (LanguageModel model = Progress.loading(console, () -> modelOptions.load(LoadOptions.DEFAULT, speculation.draft()))) {
            if (model.chatTemplate().isEmpty()) {
                throw new InvalidRequestException(model.name() + " has no chat template: it continues text, it does not chat (use run)");
            }
            Progress.loading(console, model::warmUp);
            try (Terminal terminal = TerminalBuilder.builder().system(true).dumb(true).build()) {
                converse(model, terminal);
            } catch (IOException e) {
                throw new UncheckedIOException("the terminal cannot be read", e);
            }
        }
        return 0;
    }

    private void converse(LanguageModel model, Terminal terminal) {
        LineReader reader = LineReaderBuilder.builder().terminal(terminal).option(LineReader.Option.DISABLE_EVENT_EXPANSION, true).build();
        List<ChatMessage> messages = new ArrayList<>();
        system.ifPresent(text -> messages.add(ChatMessage.system(text)));
        console.remark(model.name() + " on " + model.device().name() + "; /new starts over, /exit ends");
        while (true) {
            String line;
            try {
                line = reader.readLine("> ").strip();
            } catch (EndOfFileException | UserInterruptException end) {
                return;
            }
            switch (line) {
                case "" -> { }
                case "/exit" -> {
                    return;
                }
                case "/new" -> messages.subList(system.isPresent() ? 1 : 0, messages.size()).clear();
                default -> {
                    messages.add(ChatMessage.user(line));
                    try {
                        messages.add(ChatMessage.assistant(answer(model, terminal, messages)));
                    } catch (InvalidRequestException tooLong) {
                        messages.removeLast();
                        console.remark("waterspout: " + tooLong.getMessage() + "; /new starts over");
                    }
                }
            }
        }
    }

    private String answer(LanguageModel model, Terminal terminal, List<ChatMessage> messages) {
        GenerationRequest request = GenerationRequest.of(new Prompt.Conversation(messages, parseSpecial)).withMaxTokens(maxTokens)
                .withStopStrings(sampling.stopStrings()).withSharing(Sharing.ALL).withSpeculation(speculation.speculation());
        try (Generation generation = model.generate(sampling.asked(request, model))) {
            Terminal.SignalHandler before = terminal.handle(Terminal.Signal.INT, signal -> generation.cancel());
            try {
                while (true) {
                    switch (generation.next()) {
                        case GenerationEvent.Text text -> console.print(text.text());
                        case GenerationEvent.Prompt _, GenerationEvent.Token _, GenerationEvent.Called _ -> { } // neither is asked for
                        case GenerationEvent.Finished finished -> {
                            return ended(model, finished.completion());
                        }
                    }
                }
            } finally {
                terminal.handle(Terminal.Signal.INT, before);
            }
        }
    }

    private String ended(LanguageModel model, Completion completion) {
        console.line("");
        if (completion.finishReason() == FinishReason.CONTEXT_FULL) {
            console.remark("the context of " + model.contextLength() + " tokens is full; /new starts over");
        }
        return completion.text();
    }
}
