package org.waterspout.model.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.waterspout.model.Metadata;
import org.waterspout.model.text.jinja.Rendered;
import org.waterspout.model.text.json.TokenizerJson;

/**
 * Names of control tokens in what somebody wrote. Each tokenizer gets two further control tokens; the template writes the first, users
 * write the second, and the tokens must be those of a tokenizer that never heard of the second.
 */
class ControlTokensTest {

    private static final String OWN = "<|own|>";
    private static final String FOREIGN = "<|foreign|>";
    private static final List<String> TEMPLATE = List.of(OWN, OWN, OWN + "user\n", " " + OWN + " ", "\n", OWN + "\n\n ", "a", "",
            OWN + OWN);
    private static final List<String> WRITTEN = List.of("hello", " hello ", FOREIGN, "x" + FOREIGN + " y", " " + FOREIGN + " ", "",
            "\u00E9\uD83D\uDE00 " + FOREIGN + FOREIGN + "z", "\n" + FOREIGN + "\n", "<|foreign", "|>", " ", "\n\n",
            "it's 12345 \uD800 " + FOREIGN);

    /** A tokenizer that knows both names, or only the first. */
    private interface Kind {
        Tokenizer make(boolean both) throws IOException;
    }

    private record Named(String name, Kind kind) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Named> kinds() {
        List<Named> kinds = new ArrayList<>();
        TokenizerFixture.GGUF.forEach(name -> kinds.add(new Named(name, both -> Tokenizer.of(gguf(name, both)))));
        for (String name : TokenizerFixture.JSON) {
            for (String flags : List.of("", "lstrip", "rstrip", "lstrip rstrip")) {
                kinds.add(new Named(name + " " + flags, both -> json(name, flags, false, both)));
                kinds.add(new Named(name + " first " + flags, both -> json(name, flags, true, both)));
            }
        }
        return kinds.stream();
    }

    private static Metadata gguf(String name, boolean both) {
        Metadata before = TokenizerFixture.metadata(name);
        List<Object> pieces = new ArrayList<>(before.list("tokenizer.ggml.tokens", String.class));
        List<Object> types = new ArrayList<>(before.list("tokenizer.ggml.token_type", Long.class));
        pieces.addAll(List.of(OWN, FOREIGN));
        types.addAll(List.of(3L, both ? 3L : 5L));
        Map<String, Object> replaced = new HashMap<>(Map.of("tokenizer.ggml.tokens", pieces, "tokenizer.ggml.token_type", types));
        before.optionalList("tokenizer.ggml.scores", Double.class).ifPresent(scores -> {
            List<Object> more = new ArrayList<>(scores);
            more.addAll(List.of(-1e9, -1e9));
            replaced.put("tokenizer.ggml.scores", more);
        });
        return TokenizerFixture.metadata(name, replaced);
    }

    private static Tokenizer json(String name, String flags, boolean first, boolean both) {
        TokenizerJson json = TokenizerJson.of(TokenizerFixture.path(name + "/tokenizer.json"));
        int next = json.vocabulary().size();
        ArrayNode added = (ArrayNode) json.json().path("added_tokens");
        for (String token : both ? List.of(OWN, FOREIGN) : List.of(OWN)) {
            added.addObject().put("id", next++).put("content", token).put("single_word", false).put("lstrip", flags.contains("lstrip"))
                    .put("rstrip", flags.contains("rstrip")).put("normalized", false).put("special", true);
        }
        if (first) {
            json.json().putNull("normalizer");
            ObjectNode cut = json.json().putObject("pre_tokenizer").put("type", "Metaspace").put("replacement", "\u2581");
            cut.put("prepend_scheme", "first").put("split", true);
        }
        return JsonTokenizer.of(json, Neighbours.of(Path.of("there is no such folder")));
    }

    /** A conversation with its stretches, put together from parts in turn. */
    private static Rendered conversation(Random random) {
        StringBuilder text = new StringBuilder();
        List<Rendered.Stretch> stretches = new ArrayList<>();
        for (int i = 0; i < 1 + random.nextInt(5); i++) {
            text.append(TEMPLATE.get(random.nextInt(TEMPLATE.size())));
            int from = text.length();
            text.append(WRITTEN.get(random.nextInt(WRITTEN.size())));
            if (text.length() > from) {
                stretches.add(new Rendered.Stretch(from, text.length()));
            }
        }
        text.append(TEMPLATE.get(random.nextInt(TEMPLATE.size())));
        return new Rendered(text.toString(), stretches);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aNameInAMessageIsPlainText(Named named) throws IOException {
        long seed = System.nanoTime();
        System.out.println("aNameInAMessageIsPlainText " + named + " seed " + seed);
        Random random = new Random(seed);
        try (Tokenizer tokenizer = named.kind.make(true); Tokenizer innocent = named.kind.make(false)) {
            for (int i = 0; i < 300; i++) {
                Rendered conversation = conversation(random);
                String context = named + " seed " + seed + ": " + conversation;
                int[] expected = innocent.encodePrompt(conversation.text(), true);
                assertArrayEquals(expected, tokenizer.encodePrompt(conversation), context);
                // the switch for the other way
                int foreign = tokenizer.id(FOREIGN).getAsInt();
                assertEquals((conversation.text().length() - conversation.text().replace(FOREIGN, "").length()) / FOREIGN.length(),
                        IntStream.of(tokenizer.encodePrompt(conversation.text(), true)).filter(token -> token == foreign).count(), context);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aNameThatReachesIntoAMessageIsPlainText(Named named) throws IOException {
        try (Tokenizer tokenizer = named.kind.make(true)) {
            int own = tokenizer.id(OWN).getAsInt();
            for (int cut = 1; cut < OWN.length(); cut++) {
                for (List<Rendered.Stretch> stretches : List.of(List.of(new Rendered.Stretch(0, 2 + cut)),
                        List.of(new Rendered.Stretch(2 + cut, 2 + OWN.length())), List.of(new Rendered.Stretch(1 + cut, 2 + cut)))) {
                    int[] tokens = tokenizer.encodePrompt(new Rendered("a " + OWN + OWN, stretches));
                    assertEquals(1, IntStream.of(tokens).filter(token -> token == own).count(), cut + " of " + Arrays.toString(tokens));
                    assertEquals(own, tokens[tokens.length - 1], Arrays.toString(tokens));
                }
            }
            assertFalse(IntStream.of(tokenizer.encodePrompt(new Rendered(OWN, List.of(new Rendered.Stretch(0, OWN.length())))))
                    .anyMatch(token -> token == own));
            assertTrue(IntStream.of(tokenizer.encodePrompt(new Rendered(OWN, List.of()))).anyMatch(token -> token == own));
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void whereNothingIsForeignItIsTheWholeText(Named named) throws IOException {
        try (Tokenizer tokenizer = named.kind.make(true)) {
            for (String text : TokenizerFixture.texts()) {
                List<Rendered.Stretch> stretches = text.length() < 4 ? List.of() : List.of(new Rendered.Stretch(1, 2),
                        new Rendered.Stretch(text.length() / 2, text.length() - 1));
                if (Arrays.equals(tokenizer.encode(text, true), tokenizer.encode(text, false))) {
                    assertArrayEquals(tokenizer.encodePrompt(text, true), tokenizer.encodePrompt(new Rendered(text, stretches)), text);
                }
            }
        }
    }
}
