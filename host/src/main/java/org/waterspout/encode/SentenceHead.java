package org.waterspout.encode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.waterspout.backend.reference.ExactActivations;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.architecture.Activation;

/**
 * What sentence-transformers does with an encoder's rows beyond the poolings that a graph computes: other poolings, several side by side,
 * rows of the prompt left out, and layers behind. Formulas: its modules Pooling, Dense and Normalize.
 *
 * @param poolings of the rows, joined in this order; none where the graph pools
 * @param prompted whether the rows of the prompt count
 * @param steps    from vector to vector, in this order
 */
public record SentenceHead(List<String> poolings, boolean prompted, List<Step> steps) {

    /** One module. */
    private interface Step {
        double[] apply(double[] vector);
    }

    private record Dense(List<float[]> rows, float[] bias, DoubleUnaryOperator activation) implements Step {

        @Override
        public double[] apply(double[] vector) {
            double[] result = new double[rows.size()];
            for (int i = 0; i < result.length; i++) {
                double sum = bias[i];
                float[] row = rows.get(i);
                for (int j = 0; j < row.length; j++) {
                    sum += row[j] * vector[j];
                }
                result[i] = activation.applyAsDouble(sum);
            }
            return result;
        }
    }

    /** @param width of the encoder's rows, for a check of the layers behind */
    public static SentenceHead of(ModelFile file, String family, int width) {
        Metadata metadata = file.metadata();
        List<String> poolings = metadata.optionalList(family + ".poolings", String.class).orElse(List.of());
        List<Step> steps = new ArrayList<>();
        int now = width * Math.max(1, poolings.size());
        for (String step : metadata.optionalList(family + ".pooling_steps", String.class).orElse(List.of())) {
            if (step.equals("normalize")) {
                steps.add(SentenceHead::normalized);
                continue;
            }
            String[] parts = step.split(" ");
            Dense dense = dense(file, parts[0], parts[1], now);
            steps.add(dense);
            now = dense.rows.size();
        }
        return new SentenceHead(poolings, metadata.flagOr(family + ".pooling_prompt", true), steps);
    }

    private static Dense dense(ModelFile file, String name, String activation, int width) {
        Tensor matrix = file.tensors().get(name + ".weight");
        if (matrix == null || matrix.columns() != width) {
            throw new ModelFormatException(file.path() + ": the layer " + name + (matrix == null ? " is missing" : " takes "
                    + matrix.columns() + " numbers, but " + width + " come to it") + "; get the model again");
        }
        List<float[]> rows = new ArrayList<>();
        for (int row = 0; row < matrix.rows(); row++) {
            float[] numbers = new float[width];
            matrix.decodeRow(row, numbers);
            rows.add(numbers);
        }
        Tensor bias = file.tensors().get(name + ".bias");
        return new Dense(rows, bias == null ? new float[rows.size()] : bias.decode(), switch (activation) {
            case "identity" -> x -> x;
            case "tanh" -> ExactActivations.of(Activation.TANH);
            case "relu" -> ExactActivations.of(Activation.RELU);
            case "gelu" -> ExactActivations.of(Activation.GELU_ERF);
            case "silu" -> ExactActivations.of(Activation.SILU);
            case "sigmoid" -> x -> 1 / (1 + Math.exp(-x));
            default -> throw new ModelFormatException(file.path() + ": the activation " + Quoted.of(activation) + " of " + name
                    + " is unknown");
        });
    }

    /** Whether the graph has to give every row. */
    boolean readsRows() {
        return !poolings.isEmpty();
    }

    /** Numbers of a vector made of rows of {@code width}. */
    public int dimensions(int width) {
        int now = width * Math.max(1, poolings.size());
        for (Step step : steps) {
            now = step instanceof Dense dense ? dense.rows.size() : now;
        }
        return now;
    }

    /**
     * @param rows  [length, width] where {@link #readsRows}, else [width], pooled
     * @param width of a row
     * @param skip  leading rows that are of the prompt
     * @throws InvalidRequestException where the prompt leaves no row
     */
    public float[] vector(float[] rows, int width, int skip) {
        double[] vector = poolings.isEmpty() ? doubles(rows) : pooled(rows, width, prompted ? 0 : skip);
        for (Step step : steps) {
            vector = step.apply(vector);
        }
        float[] result = new float[vector.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = (float) vector[i];
        }
        return result;
    }

    private static double[] doubles(float[] numbers) {
        double[] doubles = new double[numbers.length];
        Arrays.setAll(doubles, i -> numbers[i]);
        return doubles;
    }

    private double[] pooled(float[] rows, int width, int skip) {
        int length = rows.length / width;
        if (skip >= length) {
            throw new InvalidRequestException("the prompt leaves no room for the text: shorten the prompt");
        }
        double[] vector = new double[width * poolings.size()];
        for (int i = 0; i < poolings.size(); i++) {
            double[] part = part(poolings.get(i), rows, width, skip);
            System.arraycopy(part, 0, vector, i * width, width);
        }
        return vector;
    }

    /** Rows keep their places as weights where the prompt is left out: the first row that counts has {@code skip + 1}. */
    private static double[] part(String kind, float[] rows, int width, int skip) {
        int length = rows.length / width;
        double[] result = new double[width];
        if (kind.equals("max")) {
            Arrays.fill(result, Double.NEGATIVE_INFINITY);
        }
        double weights = 0;
        for (int row = skip; row < length; row++) {
            double weight = switch (kind) {
                case "cls" -> row == skip ? 1 : 0;
                case "lasttoken" -> row == length - 1 ? 1 : 0;
                case "weightedmean" -> row + 1;
                default -> 1;
            };
            weights += weight;
            for (int i = 0; i < width; i++) {
                double number = rows[row * width + i];
                result[i] = kind.equals("max") ? Math.max(result[i], number) : result[i] + weight * number;
            }
        }
        double divisor = switch (kind) {
            case "mean", "weightedmean" -> weights;
            case "mean_sqrt_len_tokens" -> Math.sqrt(weights);
            case "cls", "lasttoken", "max" -> 1;
            default -> throw new ModelFormatException("the pooling " + Quoted.of(kind) + " is unknown");
        };
        for (int i = 0; i < width; i++) {
            result[i] /= divisor;
        }
        return result;
    }

    private static double[] normalized(double[] vector) {
        double length = Math.sqrt(Arrays.stream(vector).map(x -> x * x).sum());
        return length == 0 ? vector : Arrays.stream(vector).map(x -> x / length).toArray();
    }
}
