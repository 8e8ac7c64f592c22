package org.waterspout.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Reason;
import org.waterspout.model.ModelFile;
import org.waterspout.model.text.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "tokenize", mixinStandardHelpOptions = true, description = "Shows the tokens of a text.")
final class TokenizeCommand implements Callable<Integer> {

    private final Console console;

    @Option(names = {"-m", "--model"}, paramLabel = "MODEL", description = "A model file or name; default: the demonstration model.")
    private Optional<String> model = Optional.empty();

    @Parameters(arity = "0..*", paramLabel = "TEXT", description = "The text.")
    private List<String> words = List.of();

    @Option(names = "--file", paramLabel = "F", description = "Instead of a text: a file of it, UTF-8.")
    private Optional<Path> file = Optional.empty();

    @Option(names = "--special", description = "Special tokens written in the text count as such.")
    private boolean special;

    @Option(names = "--prompt", description = "Add what starts a sequence for this model (its begin token).")
    private boolean prompt;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    TokenizeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        byte[] text = text();
        try (ModelFile opened = ModelOptions.open(model); Tokenizer tokenizer = Tokenizer.of(opened)) {
            int[] tokens = prompt ? tokenizer.encodePrompt(new String(text, StandardCharsets.UTF_8), special)
                    : tokenizer.encode(text, special);
            List<String> pieces = new ArrayList<>();
            for (int token : tokens) {
                pieces.add(tokenizer.piece(token));
            }
            if (json) {
                Map<String, Object> object = new LinkedHashMap<>();
                object.put("tokens", tokens);
                object.put("pieces", pieces);
                console.json(object);
            } else {
                for (int i = 0; i < tokens.length; i++) {
                    console.line(tokens[i] + "\t" + pieces.get(i));
                }
            }
        }
        return 0;
    }

    private byte[] text() {
        if (file.isPresent() == !words.isEmpty()) {
            throw new InvalidRequestException("give either a text or --file");
        }
        if (file.isEmpty()) {
            return String.join(" ", words).getBytes(StandardCharsets.UTF_8);
        }
        try {
            return Files.readAllBytes(file.get());
        } catch (IOException e) {
            throw new InvalidRequestException(file.get() + " cannot be read: " + Reason.of(e), e);
        }
    }
}
