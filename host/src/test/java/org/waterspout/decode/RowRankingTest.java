package org.waterspout.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.waterspout.error.ValidationException;

class RowRankingTest {

    private final RowRanking ranking = new RowRanking();

    @Test
    void theLogarithmOfTheSumIsThatOfDoublePrecision() {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int length : new int[] {1, 2, 7, 8, 9, 1023, 1024, 1025, 32_000}) {
            for (float size : new float[] {0.01f, 1, 10, 300}) {
                float[] logits = new float[length + 3];
                for (int i = 0; i < logits.length; i++) {
                    logits[i] = (float) random.nextGaussian() * size;
                }
                double largest = IntStream.range(3, logits.length).mapToDouble(i -> logits[i]).max().orElseThrow();
                double shifted = IntStream.range(3, logits.length).mapToDouble(i -> Math.exp(logits[i] - largest)).sum();
                assertEquals(largest + Math.log(shifted), ranking.logSum(logits, 3, length), 1e-6 * Math.max(1, Math.abs(largest)),
                        length + " of size " + size);
            }
        }
    }

    @Test
    void noNumbersAreRefused() {
        assertThrows(ValidationException.class, () -> ranking.logSum(new float[] {1, Float.NaN, 2}, 0, 3));
        assertThrows(ValidationException.class, () -> ranking.logSum(new float[] {Float.NaN}, 0, 1));
        assertThrows(ValidationException.class, () -> ranking.logSum(new float[] {1, Float.POSITIVE_INFINITY}, 0, 2));
    }

    @Test
    void theBestComeFirstAndOfEqualOnesTheFirst() {
        Random random = new Random(7);
        for (int length : new int[] {1, 3, 50, 999}) {
            float[] logits = new float[length + 2];
            for (int i = 0; i < logits.length; i++) {
                logits[i] = random.nextInt(20) == 0 ? Float.NEGATIVE_INFINITY : random.nextInt(30);
            }
            for (int wanted : new int[] {1, 2, 8, 40}) {
                ranking.rank(logits, 2, length, wanted);
                List<Integer> expected = IntStream.range(0, length).filter(i -> logits[2 + i] != Float.NEGATIVE_INFINITY).boxed()
                        .sorted(Comparator.comparing(i -> -logits[2 + i])).limit(wanted).toList();
                assertEquals(expected, IntStream.range(0, ranking.count()).mapToObj(ranking::column).toList());
                for (int rank = 0; rank < ranking.count(); rank++) {
                    assertEquals(logits[2 + ranking.column(rank)], ranking.value(rank));
                }
            }
        }
    }
}
