package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.waterspout.Classifier;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.TranslationOptions;
import org.waterspout.Translator;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.CacheLimit;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.cpu.CpuBackend;
import org.waterspout.backend.tornado.TornadoBackend;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.graph.Graph;
import org.waterspout.graph.GraphBuilder;

import org.waterspout.generate.RequestOptions;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.DemonstrationModel;
import org.waterspout.runtime.Call;
import org.waterspout.runtime.Decoder;

/** What a model that may take so many bytes for keys and values accepts, and what it refuses when. */
class CacheMemoryTest {

    /** Positions of a block on cpu. */
    private static final int BLOCK = 64;

    private static long blockBytes(LoadOptions options) {
        try (LanguageModel model = LanguageModel.demonstration(options.withContextLength(BLOCK).withSequences(1))) {
            return model.memory().cache();
        }
    }

    @ParameterizedTest
    @EnumSource(CacheType.class)
    void aContextThatNobodyAskedForIsAsLongAsFits(CacheType type) {
        LoadOptions options = LoadOptions.DEFAULT.withThreads(1).withCacheType(type);
        long block = blockBytes(options);
        try (LanguageModel model = LanguageModel.demonstration(options.withCacheBytes(2 * block + block / 2))) {
            assertEquals(2 * BLOCK, model.contextLength());
            int[] prompt = new int[2 * BLOCK];
            Arrays.fill(prompt, 5);
            GenerationRequest request = GenerationRequest.of(new Prompt.Tokens(prompt)).withMaxTokens(9).withIgnoreEnd(true);
            assertEquals(FinishReason.CONTEXT_FULL, model.generate(request).complete().finishReason(), "all blocks can be filled");
            String message = assertThrows(InvalidRequestException.class,
                    () -> model.generate(GenerationRequest.of(new Prompt.Tokens(Arrays.copyOf(prompt, 2 * BLOCK + 1))))).getMessage();
            assertTrue(message.contains("129 tokens, the context 128"), message);
        }
        String message = assertThrows(OutOfMemoryException.class,
                () -> LanguageModel.demonstration(options.withContextLength(2 * BLOCK + 1).withCacheBytes(3 * block - 1))).getMessage();
        assertTrue(message.contains("129 positions of 1 sequences") && message.contains("use a shorter context"), message);
        assertThrows(OutOfMemoryException.class, () -> LanguageModel.demonstration(options.withCacheBytes(block - 1)));
    }

    /** Each hypothesis needs a block of its own behind the full ones that it shares. */
    @Test
    void aBeamThatNeverFitsIsRefusedAtOnce() {
        try (ModelFile file = DemonstrationModel.open(); Backend backend = new CpuBackend(BackendOptions.DEFAULT)) {
            Graph graph = GraphBuilder.build(file, Architecture.of(file), 2 * BLOCK);
            PlanOptions options = new PlanOptions(2 * BLOCK, 4, 4, false);
            long block = backend.estimate(graph, options.withSequences(1)).cache() / 2;
            try (Decoder decoder = new Decoder(backend.prepare(graph, options.withCacheBytes(3 * block)))) {
                assertEquals(5, beam(decoder, 3, 5));
                String message = assertThrows(InvalidRequestException.class, () -> beam(decoder, 4, 5)).getMessage();
                assertTrue(message.contains("a beam of 4 after 5 tokens never fits the 192 positions"), message);
                assertEquals(2, beam(decoder, 2, BLOCK));
                assertThrows(InvalidRequestException.class, () -> beam(decoder, 3, BLOCK));
            }
        }
    }

    /** Tokens that a beam finds after {@code length}; as many are asked for as fit the first block, two at least. */
    private static int beam(Decoder decoder, int beams, int length) {
        int[] prompt = new int[length];
        Arrays.fill(prompt, 7);
        int tokens = length < BLOCK ? 5 : 2;
        GenerationRequest request = GenerationRequest.of(new Prompt.Tokens(prompt)).withMaxTokens(tokens);
        Call<GenerationEvent> call = decoder.generate(Optional.empty(), Set.of(), request, 1,
                GenerationConfig.GREEDY.withBeams(beams, 1).withTokens(0, tokens),
                Optional.empty(), Optional::empty, prompt, RequestOptions.DEFAULT).getFirst();
        int found = 0;
        for (Optional<GenerationEvent> event = call.next(); event.isPresent(); event = call.next()) {
            found = event.get() instanceof GenerationEvent.Finished finished ? finished.completion().tokens().length : found;
        }
        return found;
    }

    /** But for the header of each array. */
    @Test
    void halvesTakeHalfOfADevicesMemory() {
        try (ModelFile file = DemonstrationModel.open(); Backend backend = new TornadoBackend(BackendOptions.DEFAULT)) {
            Graph graph = GraphBuilder.build(file, Architecture.of(file), 2 * BLOCK);
            PlanOptions options = new PlanOptions(2 * BLOCK, 3, 4, false);
            long headers = 2 * 16;
            long whole = backend.estimate(graph, options).cache() - headers;
            assertTrue(whole > 0 && whole % 2 == 0);
            assertEquals(whole / 2, backend.estimate(graph, options.withCacheType(CacheType.F16)).cache() - headers);
        }
    }

    /** One sequence must fit a device's memory, and what is more is shared; beyond what sequences can fill, it keeps blocks. */
    @Test
    void aDevicesSequencesShareWhatTheyMayTake() {
        try (ModelFile file = DemonstrationModel.open(); Backend backend = new TornadoBackend(BackendOptions.DEFAULT)) {
            Graph graph = GraphBuilder.build(file, Architecture.of(file), BLOCK + 1);
            PlanOptions options = new PlanOptions(BLOCK + 1, 3, 4, false).withCacheType(CacheType.F16);
            long two = backend.estimate(graph, options.withSequences(1).withCacheBytes(Long.MAX_VALUE)).cache();
            try (Plan plan = backend.prepare(graph, options.withCacheBytes(two))) {
                assertEquals(Optional.of(new CacheLimit(2, BLOCK)), plan.cacheLimit());
                assertEquals(two, plan.memory().cache());
            }
            try (Plan plan = backend.prepare(graph, options.withCacheBytes(5 * two / 2))) {
                assertEquals(Optional.of(new CacheLimit(5, BLOCK)), plan.cacheLimit());
            }
            try (Plan plan = backend.prepare(graph, options.withCacheBytes(5 * two))) {
                assertEquals(Optional.of(new CacheLimit(10, BLOCK)), plan.cacheLimit());
                assertEquals(10, plan.keptBlocks().orElseThrow().max());
                assertTrue(plan.memory().cache() <= 5 * two && plan.memory().cache() > 9 * two / 2);
            }
            try (Plan plan = backend.prepare(graph, options.withCacheBytes(Long.MAX_VALUE))) {
                assertTrue(plan.memory().total() <= backend.device().memory(), "no more than the device has");
                assertTrue(plan.keptBlocks().orElseThrow().max() > 100);
            }
            assertEquals(backend.estimate(graph, options.withCacheBytes(3 * two)).cache(),
                    backend.estimate(graph, options.withCacheBytes(9 * two)).cache(), "what the sequences can fill");
            try (Plan plan = backend.prepare(graph, options)) {
                assertEquals(Optional.empty(), plan.cacheLimit());
                assertEquals(Optional.empty(), plan.keptBlocks());
            }
            String message = assertThrows(OutOfMemoryException.class, () -> backend.prepare(graph, options.withCacheBytes(two - 1)))
                    .getMessage();
            assertTrue(message.contains("65 positions of 1 sequences") && message.contains("use a shorter context"), message);
        }
    }

    @Test
    void modelsThatKeepNothingRefuseBoth() {
        for (LoadOptions options : List.of(LoadOptions.DEFAULT.withCacheBytes(1 << 20), LoadOptions.DEFAULT.withCacheType(CacheType.F32))) {
            assertTrue(assertThrows(InvalidRequestException.class, () -> Classifier.demonstration(options)).getMessage()
                    .contains("keeps no keys and values: leave the cache's type and memory out"));
        }
    }

    @Test
    void aTranslatorTakesFewerSequencesOrSaysThatItsCachesDoNotFit() {
        LoadOptions options = LoadOptions.DEFAULT.withThreads(1).withContextLength(32);
        try (Translator translator = Translator.demonstration(options.withCacheType(CacheType.F16).withCacheBytes(100 << 20))) {
            assertEquals("2001-05-01", translator.translate(List.of("the first of May, two thousand and one"), TranslationOptions.DEFAULT)
                    .getFirst().text());
        }
        assertThrows(OutOfMemoryException.class, () -> Translator.demonstration(options.withCacheBytes(1000)));
    }
}
