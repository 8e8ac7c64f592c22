package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.tornado.TornadoBackend;
import org.waterspout.backend.tornado.launches.KernelFamily;
import org.waterspout.validate.RelativeError;

/**
 * The kernels of GPUs, whose items share memory and wait for each other, run whole tiny models on the emulator, against Transformers'
 * numbers.
 */
@Tag("slow")
class GroupKernelsTest {

    /** 8.3e-6 was seen, over all recorded models. */
    private static final double LIMIT = 2.4e-5;

    /** Of a recording: the emulator changes items at every barrier. */
    private static final int TOKENS = 9;

    @TestFactory
    Stream<DynamicTest> decoders() {
        return FamilyModel.names().stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            try (FamilyModel model = FamilyModel.open(name); TornadoBackend backend = backend()) {
                FamilyModel.Expected expected = model.expected().getFirst();
                int vocabulary = model.architecture().vocabulary();
                assertClose(WholeModels.decoder(model, backend, expected, TOKENS), Arrays.copyOf(expected.logits(), TOKENS * vocabulary),
                        vocabulary);
            }
        }));
    }

    @TestFactory
    Stream<DynamicTest> encoders() {
        return Stream.of("bert-sequence", "roberta", "distilbert-span", "mpnet-tokens", "modern-bert-mean", "nomic-bert", "deit-distilled")
                .map(name -> DynamicTest.dynamicTest(name, () -> compareEncoder(name)));
    }

    private static void compareEncoder(String name) {
        try (EncoderModel model = EncoderModel.open(name); TornadoBackend backend = backend()) {
            List<float[]> results = WholeModels.encoder(model, backend);
            for (int i = 0; i < results.size(); i++) {
                float[] expected = model.expected().get(i).head().orElse(model.expected().get(i).hidden());
                assertClose(results.get(i), expected, expected.length);
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> encoderDecoders() {
        return TranslatorModel.names().stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            try (TranslatorModel model = TranslatorModel.open(name); TornadoBackend backend = backend()) {
                assertClose(WholeModels.translator(model, backend), model.recordings().getFirst().logits(),
                        model.architecture().vocabulary());
            }
        }));
    }

    private static TornadoBackend backend() {
        return new TornadoBackend(BackendOptions.DEFAULT, KernelFamily.GROUP);
    }

    private static void assertClose(float[] actual, float[] expected, int width) {
        RelativeError error = RelativeError.of(actual, expected, width);
        assertTrue(error.error() <= LIMIT, "error " + error + " exceeds " + LIMIT);
    }
}
