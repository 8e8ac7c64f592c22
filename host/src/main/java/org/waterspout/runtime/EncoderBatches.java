package org.waterspout.runtime;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.waterspout.backend.Batch;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.encode.Sequence;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.TooLongException;
import org.waterspout.graph.Target;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.architecture.Architecture.Pooling;
import org.waterspout.validate.FiniteCheck;
import org.waterspout.validate.Validator;

/** How an encoder's sequences become the rows of a step, and its output their results. */
final class EncoderBatches {

    /** Which rows of a sequence the graph is asked for. */
    private enum Rows {
        EVERY, FIRST, LAST, FIRST_TWO
    }

    private final Plan plan;
    private final Architecture architecture;
    private final Rows rows;

    /** @param plan of {@link org.waterspout.graph.GraphBuilder#encoder} for the same target */
    EncoderBatches(Plan plan, Architecture architecture, Target target) {
        this.plan = plan;
        this.architecture = architecture;
        this.rows = rows(architecture, target);
    }

    private static Rows rows(Architecture architecture, Target target) {
        return switch (target) {
            case HIDDEN -> Rows.EVERY;
            case VECTOR -> pooled(architecture.pooling().orElse(Pooling.MEAN));
            case POOLED -> pooled(architecture.head().orElseThrow().pooling());
            case HEAD -> {
                Architecture.Head head = architecture.head().orElseThrow();
                yield switch (head.task()) {
                    case TOKENS, SPAN -> Rows.EVERY;
                    case SEQUENCE, MULTI_LABEL, REGRESSION -> head.distilled() ? Rows.FIRST_TWO : pooled(head.pooling());
                };
            }
        };
    }

    private static Rows pooled(Pooling pooling) {
        return switch (pooling) {
            case FIRST -> Rows.FIRST;
            case MEAN, LAST -> Rows.LAST;
        };
    }

    /** Numbers of one row of a result. */
    int width() {
        return rows == Rows.FIRST_TWO ? plan.graph().output().width() / 2 : plan.graph().output().width();
    }

    /** Positions a sequence may have. */
    int longest() {
        return Math.min(plan.options().contextLength(), plan.options().maxRows());
    }

    /** The graph's output for some sequences that fit one step, {@link #numbers} of each. */
    float[] run(List<Sequence> sequences) {
        Batch batch = batch(sequences, sequences.stream().mapToInt(Sequence::length).sum());
        float[] output = new float[Math.multiplyExact(batch.outputRows().length, plan.graph().output().width())];
        plan.step(batch, output);
        return output;
    }

    /** How many numbers of the graph's output are {@code sequence}'s. */
    int numbers(Sequence sequence) {
        return plan.graph().output().width() * switch (rows) {
            case EVERY -> sequence.length();
            case FIRST, LAST -> 1;
            case FIRST_TWO -> 2;
        };
    }

    /**
     * A sequence's result, [width], or [length, width] where the target is a row for each position.
     *
     * @param output of {@link #run}; the sequence's begins at {@code at}
     * @throws org.waterspout.error.ValidationException for NaN or infinity
     */
    float[] result(Sequence sequence, float[] output, int at) {
        float[] result = Arrays.copyOfRange(output, at, at + numbers(sequence));
        FiniteCheck.ofAll(result, plan, () -> alone(sequence));
        return rows == Rows.FIRST_TWO ? meanOfBoth(result) : result;
    }

    private Validator.Course alone(Sequence sequence) {
        return new Validator.Course(List.of(), List.of(batch(List.of(sequence), sequence.length())),
                new PlanOptions(sequence.length(), 1, sequence.length(), true));
    }

    /** @param both [2, 2 * labels]: see the distilled head of StackBuilder */
    private static float[] meanOfBoth(float[] both) {
        int labels = both.length / 4;
        float[] mean = new float[labels];
        for (int label = 0; label < labels; label++) {
            mean[label] = (both[label] + both[3 * labels + label]) / 2;
        }
        return mean;
    }

    private Batch batch(List<Sequence> sequences, int length) {
        int[] tokens = new int[length];
        int[] positions = new int[length];
        int[] numbers = new int[length];
        int[] types = new int[length];
        int inputWidth = architecture.encoder().orElseThrow().input() instanceof Architecture.Patches patches ? patches.patchWidth() : 0;
        float[] given = new float[length * inputWidth];
        IntStream.Builder wanted = IntStream.builder();
        int at = 0;
        for (int number = 0; number < sequences.size(); number++) {
            Sequence sequence = sequences.get(number);
            int end = at + sequence.length();
            System.arraycopy(sequence.tokens(), 0, tokens, at, sequence.length());
            System.arraycopy(sequence.types(), 0, types, at, sequence.length());
            System.arraycopy(sequence.inputEmbeddings(), 0, given, at * inputWidth, sequence.length() * inputWidth);
            Arrays.fill(numbers, at, end, number);
            for (int row = at; row < end; row++) {
                positions[row] = row - at;
            }
            (switch (rows) {
                case EVERY -> IntStream.range(at, end);
                case FIRST -> IntStream.of(at);
                case LAST -> IntStream.of(end - 1);
                case FIRST_TWO -> IntStream.of(at, at + 1);
            }).forEach(wanted::add);
            at = end;
        }
        return new Batch(tokens, positions, numbers, wanted.build().toArray()).withTypes(types).withInputEmbeddings(given);
    }

    /** @throws InvalidRequestException for a sequence that is empty, too long, or holds what the model does not know */
    void check(Sequence sequence) {
        if (sequence.length() == 0) {
            throw new InvalidRequestException("the text is empty: give it some words");
        }
        if (sequence.length() > longest()) {
            throw new TooLongException("the text has " + sequence.length() + " tokens, the model takes at most " + longest()
                    + ": shorten it, or have it truncated");
        }
        switch (architecture.encoder().orElseThrow().input()) {
            case Architecture.Tokens input -> {
                if (sequence.inputEmbeddings().length != 0) {
                    throw new InvalidRequestException("this model reads text, no images");
                }
                checkRange(sequence.tokens(), architecture.vocabulary(), "token");
                checkRange(sequence.types(), Math.max(1, input.types()), "token type");
            }
            case Architecture.Patches input -> {
                if (sequence.inputEmbeddings().length == 0) {
                    throw new InvalidRequestException("this model reads images, no text: give it an image");
                }
                if (sequence.inputEmbeddings().length != input.rows() * input.patchWidth()) {
                    throw new InvalidRequestException("an image of " + sequence.inputEmbeddings().length + " numbers, not the model's "
                            + input.rows() * input.patchWidth());
                }
            }
        }
    }

    private static void checkRange(int[] numbers, int count, String what) {
        for (int number : numbers) {
            if (number < 0 || number >= count) {
                throw new InvalidRequestException("there is no " + what + " " + number + ": the model's are 0 to " + (count - 1));
            }
        }
    }
}
