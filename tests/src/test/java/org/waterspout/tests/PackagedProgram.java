package org.waterspout.tests;

import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.TimeZone;
import java.util.TreeSet;
import org.waterspout.Embedder;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Sampling;

/** A user's program, as {@link PackagingTest} packs it: tells what two models say, and what the library did to the JVM. */
public final class PackagedProgram {

    private PackagedProgram() {
    }

    /** @param arguments the folder of a model that makes vectors */
    public static void main(String[] arguments) {
        TimeZone.getDefault(); // Java itself sets a property here
        Properties before = (Properties) System.getProperties().clone();
        LoadOptions options = LoadOptions.DEFAULT.withThreads(1);
        try (LanguageModel model = LanguageModel.demonstration(options);
                var generation = model.generate(GenerationRequest.of("It is").withMaxTokens(5).withSampling(Sampling.GREEDY))) {
            System.out.println("tokens " + List.of(generation.complete().text()));
        }
        try (Embedder embedder = Embedder.load(Path.of(arguments[0]), options)) {
            System.out.println("first number " + embedder.embed("a cat sat").vector()[0]);
        }
        TreeSet<Object> set = new TreeSet<>(System.getProperties().keySet());
        set.removeAll(before.keySet());
        System.out.println("properties set " + set);
    }
}
