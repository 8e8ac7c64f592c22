package org.waterspout.cli;

import java.util.List;
import java.util.Optional;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.generate.Speculation;
import picocli.CommandLine.Option;

/** The options that say how tokens are proposed, so that several are checked in one step. */
final class SpeculationOptions {

    @Option(names = "--speculate", paramLabel = "ngram",
            description = "Propose what followed the last tokens before, and check several tokens in one step: the same answer, quicker"
            + " where it repeats much.") private Optional<String> speculate = Optional.empty();

    @Option(names = "--draft-model", paramLabel = "MODEL",
            description = "Propose what this smaller model with the same vocabulary says, and check several tokens in one step: the same"
            + " answer, quicker where it is often right. It runs where the model does.")
    private Optional<String> draft = Optional.empty();

    /**
     * What is asked for.
     *
     * @throws InvalidRequestException when it is not known, or both ways are asked for
     */
    Speculation speculation() {
        if (speculate.isPresent() && !speculate.get().equals("ngram")) {
            throw new InvalidRequestException("--speculate is " + Quoted.of(speculate.get()) + "; it may be ngram");
        }
        if (speculate.isPresent() && draft.isPresent()) {
            throw new InvalidRequestException("both --speculate and --draft-model are given: give one of them");
        }
        return draft.isPresent() ? Speculation.draft() : speculate.isPresent() ? Speculation.ngrams() : Speculation.NONE;
    }

    boolean isPresent() {
        return speculate.isPresent() || draft.isPresent();
    }

    /** The name of the draft model. */
    Optional<String> draft() {
        return draft;
    }

    /** These options as words, for another process. */
    List<String> arguments() {
        return draft.map(name -> List.of("--draft-model", name)).or(() -> speculate.map(how -> List.of("--speculate", how)))
                .orElse(List.of());
    }
}
