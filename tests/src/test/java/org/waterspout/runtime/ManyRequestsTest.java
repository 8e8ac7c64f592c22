package org.waterspout.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import org.waterspout.generate.RequestOptions;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.waterspout.backend.Backend;
import org.waterspout.backend.BackendOptions;
import org.waterspout.backend.CacheLimit;
import org.waterspout.backend.CacheType;
import org.waterspout.backend.Plan;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.cpu.CpuBackend;
import org.waterspout.backend.tornado.BlocksOfLength;
import org.waterspout.generate.Completion;
import org.waterspout.generate.FinishReason;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.generate.GenerationEvent;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Sampling;
import org.waterspout.generate.Sharing;
import org.waterspout.graph.Graph;
import org.waterspout.graph.GraphBuilder;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.load.DemonstrationModel;
import org.waterspout.tests.TestBackend;

/**
 * Random requests that come, share beginnings, are cancelled, run out of time and are put back because memory is far too small for all:
 * each ends in exactly one way, and what it says is what it says alone.
 */
@Tag(TestBackend.ON_DEVICES)
@Tag("slow")
class ManyRequestsTest {

    private static final int CONTEXT = 96;
    private static final int SEQUENCES = 6;

    /** What a request asks for. */
    private record Asked(int[] prompt, int tokens, GenerationConfig config, RequestOptions options, boolean cancelled, Sharing sharing) {

        Asked withSharing(Sharing value) {
            return new Asked(prompt, tokens, config, options, cancelled, value);
        }
    }

    @TestFactory
    Stream<DynamicTest> eachEndsInOneWayAndSaysWhatItSaysAlone() {
        return TestBackend.all().stream().filter(backend -> backend.name().equals("cpu") || backend.name().startsWith("tornado"))
                .map(backend -> DynamicTest.dynamicTest(backend.name(), () -> {
                    assumeTrue(backend.runs(), backend.name() + " skipped: " + backend.why());
                    run(backend, backend.name().equals("cpu") ? 1000 : 60, 20261129L);
                }));
    }

    /** With the backend's own blocks: six, of which a long sequence takes two. */
    @TestFactory
    Stream<DynamicTest> inAFewBlocksOfEachType() {
        return TestBackend.all().stream().filter(backend -> !backend.name().equals("reference"))
                .flatMap(backend -> Arrays.stream(CacheType.values()).map(type -> DynamicTest.dynamicTest(
                        backend.name() + ", " + type.label(), () -> {
                            assumeTrue(backend.runs(), backend.name() + " skipped: " + backend.why());
                            try (Backend opened = backend.open().get()) {
                                inAFewBlocks(opened, type, backend.name().equals("cpu") ? 200 : 40);
                            }
                        })));
    }

    private static void inAFewBlocks(Backend backend, CacheType type, int count) throws InterruptedException {
        try (ModelFile file = DemonstrationModel.open()) {
            Graph graph = GraphBuilder.build(file, Architecture.of(file), CONTEXT);
            PlanOptions options = new PlanOptions(CONTEXT, 2 * SEQUENCES, 32, false).withCacheType(type);
            // a device counts whole blocks where bytes are bounded, and headers
            long block = backend.estimate(graph, options.withSequences(1).withCacheBytes(Long.MAX_VALUE)).cache() / 2;
            CountingPlan plan = new CountingPlan(backend.prepare(graph, options.withCacheBytes(6 * block + block / 2)));
            assertEquals(Optional.of(new CacheLimit(6, 64)), plan.cacheLimit());
            run(graph, backend, plan, count, 6, 20261130L);
            assertTrue(plan.refused() > count / 20, plan.refused() + " steps found no memory");
        }
    }

    /**
     * Twelve beginnings of up to four blocks come back again and again, to three slots and too few blocks for all of them: what is kept of
     * them serves, and the answers are those of a plan that shares nothing.
     */
    @Test
    void moreBeginningsThanSlotsComeBack() throws InterruptedException {
        int context = 320;
        try (ModelFile file = DemonstrationModel.open(); Backend backend = new CpuBackend(BackendOptions.DEFAULT)) {
            Graph graph = GraphBuilder.build(file, Architecture.of(file), context);
            for (int positions : new int[] {700, 4000}) {
                TightPlan plan = new TightPlan(backend.prepare(graph, new PlanOptions(context, 3, 64, false)), positions);
                List<Asked> all = comingBack(new SplittableRandom(positions), 12, 80, 60, 280, graph.output().width());
                run(graph, backend, plan, all, 3, positions);
                assertTrue(plan.resumed() > 64 * 10, plan.resumed() + " positions of kept blocks served");
                assertEquals(positions == 700, plan.refused() > 10, plan.refused() + " steps found no memory");
            }
        }
    }

    /** As on cpu, in a device's own blocks: of seven positions, 18 of them, of which the longest sequences take eleven, or 120. */
    @TestFactory
    Stream<DynamicTest> onDevicesInOddBlocks() {
        return TestBackend.all().stream().filter(backend -> Set.of("emulator", "tornado").contains(backend.name()))
                .flatMap(backend -> Stream.of(18, 120).map(blocks -> DynamicTest.dynamicTest(
                        backend.name() + ", " + blocks + " blocks", () -> {
                            assumeTrue(backend.runs(), backend.name() + " skipped: " + backend.why());
                            inOddBlocks(backend, blocks);
                        })));
    }

    private static void inOddBlocks(TestBackend where, int blocks) throws InterruptedException {
        int context = 76;
        try (ModelFile file = DemonstrationModel.open(); Backend backend = where.open().get()) {
            Graph graph = GraphBuilder.build(file, Architecture.of(file), context);
            CountingPlan plan = new CountingPlan(BlocksOfLength.prepare(backend, graph, new PlanOptions(context, 3, 16, false), blocks, 7));
            run(graph, backend, plan, comingBack(new SplittableRandom(blocks), 7, 40, 16, 46, graph.output().width()), 3, blocks);
            assertTrue(plan.resumed() > 7 * 5, plan.resumed() + " positions of kept blocks served");
            if (blocks == 18) {
                assertTrue(plan.refused() > 5, plan.refused() + " steps found no memory");
                assertTrue(plan.dropped() > 10, plan.dropped() + " blocks were given up");
            } else {
                assertEquals(0, plan.refused() + plan.dropped());
            }
        }
    }

    /** @param many beginnings that come again and again */
    private static List<Asked> comingBack(SplittableRandom random, int many, int count, int shortest, int longest, int vocabulary) {
        List<int[]> beginnings = Stream.generate(() -> random.ints(random.nextInt(shortest, longest), 3, vocabulary).toArray()).limit(many)
                .toList();
        return Stream.generate(() -> {
            int[] beginning = beginnings.get(random.nextInt(beginnings.size()));
            int[] prompt = Arrays.copyOf(beginning, random.nextInt(2 * shortest / 3, beginning.length + 1));
            boolean ends = random.nextInt(3) == 0;
            if (ends) {
                prompt[prompt.length - 1] = random.nextInt(3, vocabulary);
            }
            GenerationConfig config = random.nextInt(10) == 0 ? GenerationConfig.GREEDY.withBeams(2, 1)
                    : GenerationConfig.GREEDY.withSampling(Sampling.GREEDY.withTemperature(1).withSeed(random.nextLong()));
            return new Asked(prompt, random.nextInt(1, 30), config, RequestOptions.DEFAULT, random.nextInt(10) == 0,
                    random.nextInt(8) == 0 ? Sharing.NONE : Sharing.PROMPTS);
        }).limit(count).toList();
    }

    private static void run(TestBackend where, int count, long seed) throws InterruptedException {
        try (ModelFile file = DemonstrationModel.open(); Backend backend = where.open().get()) {
            Graph graph = GraphBuilder.build(file, Architecture.of(file), CONTEXT);
            // room for about two and a half of the sequences
            TightPlan plan = new TightPlan(backend.prepare(graph, new PlanOptions(CONTEXT, SEQUENCES, 32, false)), 5 * CONTEXT / 2);
            run(graph, backend, plan, count, SEQUENCES, seed);
            assertTrue(plan.refused() > count / 20, plan.refused() + " steps found no memory");
            assertTrue(plan.closed());
        }
    }

    /** @param together sequences that a last request has, of which each takes memory of its own */
    private static void run(Graph graph, Backend backend, Plan plan, int count, int together, long seed) throws InterruptedException {
        run(graph, backend, plan, asked(new SplittableRandom(seed), count, graph.output().width()), together, seed);
    }

    private static void run(Graph graph, Backend backend, Plan plan, List<Asked> all, int together, long seed) throws InterruptedException {
        int count = all.size();
        Map<Integer, int[]> alone = new HashMap<>();
        PlanOptions lonely = new PlanOptions(plan.options().contextLength(), 4, plan.options().maxRows(), false)
                .withCacheType(plan.options().cacheType());
        try (Decoder decoder = new Decoder(backend.prepare(graph, lonely))) {
            for (int i = 0; i < count; i++) {
                alone.put(i, completion(submit(decoder, all.get(i).withSharing(Sharing.NONE), RequestOptions.DEFAULT)).tokens());
            }
        }
        Map<FinishReason, Integer> reasons = new EnumMap<>(FinishReason.class);
        try (Decoder decoder = new Decoder(plan)) {
            SplittableRandom random = new SplittableRandom(seed + 1);
            List<Call<GenerationEvent>> calls = new ArrayList<>();
            for (Asked one : all) {
                Call<GenerationEvent> call = submit(decoder, one, one.options());
                calls.add(call);
                if (random.nextInt(4) == 0) {
                    Thread.sleep(random.nextInt(3));
                }
                if (one.cancelled()) {
                    calls.get(random.nextInt(Math.max(0, calls.size() - 20), calls.size())).cancel();
                }
            }
            for (int i = 0; i < count; i++) {
                Completion completion = completion(calls.get(i));
                assertTrue(calls.get(i).next().isEmpty(), "nothing comes after the end");
                reasons.merge(completion.finishReason(), 1, Integer::sum);
                int[] expected = alone.get(i);
                boolean whole = completion.finishReason() != FinishReason.CANCELLED && completion.finishReason() != FinishReason.TIMED_OUT;
                assertArrayEquals(whole ? expected : Arrays.copyOf(expected, completion.tokens().length), completion.tokens(),
                        "request " + i + " of seed " + seed + ", " + completion.finishReason());
            }
            // all places and all blocks are free again: as many at a time as there are
            Call<GenerationEvent> wide = submit(decoder, new Asked(new int[] {1, 2, 3}, 4, GenerationConfig.GREEDY.withBeams(together, 1),
                    RequestOptions.DEFAULT, false, Sharing.PROMPTS), RequestOptions.DEFAULT);
            assertEquals(4, completion(wide).tokens().length);
        }
        assertTrue(reasons.getOrDefault(FinishReason.CANCELLED, 0) > 0 && reasons.getOrDefault(FinishReason.MAX_TOKENS, 0) > count / 2,
                reasons.toString());
    }

    private static List<Asked> asked(SplittableRandom random, int count, int vocabulary) {
        List<int[]> beginnings = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            beginnings.add(random.ints(random.nextInt(1, 50), 3, vocabulary).toArray());
        }
        List<Asked> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] beginning = beginnings.get(random.nextInt(beginnings.size()));
            int[] prompt = Arrays.copyOf(beginning, beginning.length + random.nextInt(1, 20));
            for (int at = beginning.length; at < prompt.length; at++) {
                prompt[at] = random.nextInt(3, vocabulary);
            }
            GenerationConfig config = switch (random.nextInt(8)) {
                case 0 -> GenerationConfig.GREEDY.withBeams(random.nextInt(2, 4), 1);
                case 1, 2, 3 -> GenerationConfig.GREEDY.withSampling(Sampling.GREEDY.withTemperature(1).withSeed(random.nextLong()));
                default -> GenerationConfig.GREEDY;
            };
            RequestOptions options = RequestOptions.DEFAULT.withPriority(random.nextInt(-2, 3));
            all.add(new Asked(prompt, random.nextInt(1, 25), config,
                    random.nextInt(10) == 0 ? options.withTimeout(Duration.ofMillis(random.nextInt(1, 40))) : options,
                    random.nextInt(10) == 0, Sharing.PROMPTS));
        }
        return all;
    }

    private static Call<GenerationEvent> submit(Decoder decoder, Asked asked, RequestOptions options) {
        GenerationRequest request = GenerationRequest.of(new Prompt.Tokens(asked.prompt())).withMaxTokens(asked.tokens())
                .withSharing(asked.sharing());
        return decoder.generate(Optional.empty(), Set.of(2), request, 1, asked.config().withTokens(0, asked.tokens()), Optional.empty(),
                Optional::empty, asked.prompt(), options).getFirst();
    }

    private static Completion completion(Call<GenerationEvent> call) {
        Completion completion = null;
        for (Optional<GenerationEvent> event = call.next(); event.isPresent(); event = call.next()) {
            if (event.get() instanceof GenerationEvent.Finished finished) {
                completion = finished.completion();
            }
        }
        return completion;
    }
}
