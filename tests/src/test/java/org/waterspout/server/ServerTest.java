package org.waterspout.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Sampling;
import org.waterspout.server.http.Address;
import org.waterspout.server.http.RawClient;
import org.waterspout.server.model.ModelSource;

/** The demonstration models over HTTP: who may ask, what is refused by name, and texts that go on. */
@Tag("slow")
class ServerTest {

    private static final ServerOptions OPTIONS = ServerOptions.DEFAULT.withAddress(new Address("127.0.0.1", 0, Optional.empty()));
    private static final String COMPLETIONS = "/v1/completions";
    private static final String PROMPT = "\"model\": \"austen\", \"prompt\": \"It is a truth\"";

    private static Server server;
    private static Asking ask;

    @BeforeAll
    static void start() {
        server = Server.start(OPTIONS, ModelSource.demonstration(LoadOptions.DEFAULT));
        ask = Asking.of(server);
    }

    @AfterAll
    static void end() {
        ask.close();
        server.close();
    }

    @Test
    void modelsAreListedByName() throws IOException, InterruptedException {
        JsonNode list = ask.get("/v1/models").json();
        assertEquals("list", list.get("object").asText());
        assertEquals(List.of("austen", "dates", "spam"), list.get("data").findValuesAsText("id"));
        assertEquals("model", ask.get("/v1/models/austen").json().get("object").asText());
        Asking.Answer unknown = ask.get("/v1/models/no%2Fsuch");
        assertEquals(404, unknown.status());
        assertEquals("model_not_found", unknown.error().get("code").asText());
    }

    @Test
    void aModelOfAnotherKindIsRefusedByWhatItDoes() throws IOException, InterruptedException {
        JsonNode error = ask.refused(COMPLETIONS, "{\"model\": \"spam\", \"prompt\": \"a\"}");
        assertEquals("model", error.get("param").asText());
        assertTrue(error.get("message").asText().contains("labels texts"), error.toString());
        String message = ask.refused("/v1/embeddings", "{\"model\": \"dates\", \"input\": \"a\"}").get("message").asText();
        assertTrue(message.contains("translates"), message);
    }

    @Test
    void healthIsToldInThreeWays() throws IOException, InterruptedException {
        for (String path : List.of("/health/live", "/health/ready", "/health/started")) {
            assertEquals(200, ask.get(path).status());
        }
    }

    @Test
    void aTextGoesOnAsTheLibraryContinuesIt() throws IOException, InterruptedException {
        JsonNode answer = ask.good(COMPLETIONS, "{" + PROMPT + ", \"temperature\": 0, \"max_tokens\": 12}");
        try (LanguageModel model = LanguageModel.demonstration(LoadOptions.DEFAULT)) {
            var expected = model.generate(GenerationRequest.of(new Prompt.Raw("It is a truth")).withMaxTokens(12)
                    .withSampling(Sampling.GREEDY)).complete();
            assertEquals(expected.text(), answer.at("/choices/0/text").asText());
            assertEquals(expected.promptTokens(), answer.at("/usage/prompt_tokens").asInt());
            assertEquals(12, answer.at("/usage/completion_tokens").asInt());
            assertEquals(expected.promptTokens() + 12, answer.at("/usage/total_tokens").asInt());
        }
        assertEquals("length", answer.at("/choices/0/finish_reason").asText());
        assertEquals("text_completion", answer.get("object").asText());
        assertTrue(answer.get("system_fingerprint").asText().startsWith("austen.gguf; cpu; "), answer.toString());
    }

    @Test
    void headersTellWhereAnAnswerComesFrom() throws IOException, InterruptedException {
        Asking.Answer answer = ask.send(ask.to(COMPLETIONS).header("X-Request-Id", "mine-1").POST(HttpRequest.BodyPublishers.ofString("{"
                + PROMPT + ", \"max_tokens\": 1}")));
        assertEquals("austen.gguf", answer.header("x-waterspout-model"));
        assertEquals("cpu", answer.header("x-waterspout-backend"));
        assertFalse(answer.header("x-waterspout-device").isEmpty());
        assertEquals("mine-1", answer.header("x-request-id"));
        assertTrue(ask.get("/health/live").header("x-request-id").startsWith("req_"));
    }

    @Test
    void aStreamSaysTheSame() throws IOException, InterruptedException {
        String body = PROMPT + ", \"seed\": 7, \"max_tokens\": 20, \"n\": 3, \"logprobs\": 2";
        JsonNode whole = ask.good(COMPLETIONS, "{" + body + "}");
        List<JsonNode> events = ask.events(COMPLETIONS, "{" + body + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}}");
        for (int choice = 0; choice < 3; choice++) {
            int index = choice;
            List<JsonNode> parts = events.stream().flatMap(event -> event.get("choices").valueStream())
                    .filter(part -> part.get("index").asInt() == index).toList();
            JsonNode expected = whole.get("choices").get(index);
            assertEquals(expected.get("text").asText(),
                    parts.stream().map(part -> part.get("text").asText()).collect(Collectors.joining()));
            assertEquals(expected.get("finish_reason"), parts.getLast().get("finish_reason"));
            assertTrue(parts.stream().limit(parts.size() - 1L).allMatch(part -> part.get("finish_reason").isNull()));
            for (String list : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
                assertEquals(expected.get("logprobs").get(list).valueStream().toList(), parts.stream()
                        .filter(part -> part.get("logprobs").has(list)).flatMap(part -> part.get("logprobs").get(list).valueStream())
                        .toList());
            }
        }
        assertEquals(0, events.getLast().get("choices").size());
        assertEquals(whole.at("/usage/completion_tokens"), events.getLast().at("/usage/completion_tokens"));
        assertTrue(events.stream().limit(events.size() - 1L).allMatch(event -> event.get("usage").isNull()));
        assertEquals(1, events.stream().map(event -> event.get("id")).distinct().count());
        assertTrue(ask.events(COMPLETIONS, "{" + PROMPT + ", \"max_tokens\": 2, \"stream\": true}").stream()
                .noneMatch(event -> event.has("usage")));
    }

    @Test
    void logProbabilitiesBelongToTheTextsTokens() throws IOException, InterruptedException {
        JsonNode choice = ask.good(COMPLETIONS, "{" + PROMPT + ", \"temperature\": 0, \"max_tokens\": 9, \"logprobs\": 3}")
                .at("/choices/0");
        JsonNode told = choice.get("logprobs");
        String text = choice.get("text").asText();
        assertEquals(9, told.get("tokens").size());
        for (int i = 0; i < 9; i++) {
            String token = told.get("tokens").get(i).asText();
            assertTrue(text.startsWith(token, told.get("text_offset").get(i).asInt()), told.toString());
            assertEquals(3, told.get("top_logprobs").get(i).size());
            assertEquals(told.get("token_logprobs").get(i), told.get("top_logprobs").get(i).get(token));
        }
    }

    @Test
    void promptsMayBeSeveralAndTokens() throws IOException, InterruptedException {
        JsonNode two = ask.good(COMPLETIONS, "{\"model\": \"austen\", \"prompt\": [\"It was\", \"She had\"], \"temperature\": 0,"
                + " \"n\": 2}");
        assertEquals(4, two.get("choices").size());
        assertEquals(two.at("/choices/0/text"), two.at("/choices/1/text"));
        JsonNode one = ask.good(COMPLETIONS, "{\"model\": \"austen\", \"prompt\": \"She had\", \"temperature\": 0}");
        assertEquals(one.at("/choices/0/text"), two.at("/choices/2/text"));
        assertEquals(16, one.at("/usage/completion_tokens").asInt());
        try (LanguageModel model = LanguageModel.demonstration(LoadOptions.DEFAULT)) {
            String ids = Arrays.toString(model.tokens(new Prompt.Raw("She had")));
            assertEquals(one.at("/choices/0/text"), ask.good(COMPLETIONS, "{\"model\": \"austen\", \"prompt\": " + ids
                    + ", \"temperature\": 0}").at("/choices/0/text"));
            assertEquals(one.at("/choices/0/text"), ask.good(COMPLETIONS, "{\"model\": \"austen\", \"prompt\": [[5], " + ids
                    + "], \"temperature\": 0}").at("/choices/1/text"));
        }
    }

    @Test
    void biasAndPenaltiesAndStopsAreHonoured() throws IOException, InterruptedException {
        String base = PROMPT + ", \"temperature\": 0, \"max_tokens\": 20";
        String plain = ask.good(COMPLETIONS, "{" + base + "}").at("/choices/0/text").asText();
        String word = plain.strip().split(" ")[1];
        JsonNode stopped = ask.good(COMPLETIONS, "{" + base + ", \"stop\": [\"" + word + "\"]}").at("/choices/0");
        assertEquals(plain.substring(0, plain.indexOf(word)), stopped.get("text").asText());
        assertEquals("stop", stopped.get("finish_reason").asText());
        try (LanguageModel model = LanguageModel.demonstration(LoadOptions.DEFAULT)) {
            int first = model.generate(GenerationRequest.of(new Prompt.Raw("It is a truth")).withMaxTokens(1)
                    .withSampling(Sampling.GREEDY)).complete().tokens()[0];
            assertFalse(ask.good(COMPLETIONS, "{" + base + ", \"logit_bias\": {\"" + first + "\": -100}}").at("/choices/0/text").asText()
                    .startsWith(new String(model.tokenizer().bytes(first), StandardCharsets.UTF_8)));
            var expected = model.generate(GenerationRequest.of(new Prompt.Raw("It is a truth")).withMaxTokens(20)
                    .withSampling(Sampling.GREEDY.withPenalties(1, 1.5f, 0.5f))).complete();
            assertEquals(expected.text(), ask.good(COMPLETIONS, "{" + base + ", \"presence_penalty\": 1.5, \"frequency_penalty\": 0.5}")
                    .at("/choices/0/text").asText());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "\"top_k\": 5 | top_k", "\"temperature\": 2.1 | temperature", "\"temperature\": \"hot\" | temperature",
        "\"temperature\": 1e400 | temperature", "\"max_tokens\": -1 | max_tokens", "\"max_tokens\": 1.5 | max_tokens",
        "\"max_tokens\": 99999999999 | max_tokens", "\"n\": 0 | n", "\"n\": 129 | n", "\"top_p\": 1.01 | top_p",
        "\"presence_penalty\": -2.5 | presence_penalty", "\"frequency_penalty\": true | frequency_penalty", "\"seed\": 1.5 | seed",
        "\"logit_bias\": {\"a\": 1} | logit_bias", "\"logit_bias\": {\"1\": 101} | logit_bias",
        "\"logit_bias\": {\"999999\": 1} | logit_bias",
        "\"logit_bias\": {\"1\": 1, \"01\": 2} | logit_bias", "\"stop\": [1] | stop", "\"stop\": \"\" | stop", "\"logprobs\": 6 | logprobs",
        "\"echo\": true | echo", "\"best_of\": 2 | best_of", "\"suffix\": \"x\" | suffix", "\"stream\": \"yes\" | stream",
        "\"stream_options\": {\"include_usage\": true} | stream_options",
        "\"stream\": true, \"stream_options\": {\"x\": 1} | stream_options.x", "\"user\": 5 | user", "\"tools\": [] | tools"})
    void whatIsWrongUnknownOrNotBuiltIsRefusedByName(String parameter, String name) throws IOException, InterruptedException {
        JsonNode error = ask.refused(COMPLETIONS, "{" + PROMPT + ", " + parameter + "}");
        assertEquals(name, error.get("param").asText(), error.toString());
        assertEquals("invalid_request_error", error.get("type").asText());
        assertTrue(error.get("message").asText().contains(name), error.toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"5", "[]", "[1.5]", "[\"a\", 5]", "{}", "[[\"a\"]]", "[-1]", "[99999999]"})
    void promptsThatAreNoneAreRefused(String prompt) throws IOException, InterruptedException {
        ask.refused(COMPLETIONS, "{\"model\": \"austen\", \"prompt\": " + prompt + "}");
    }

    @Test
    void nullIsAsIfItWereNotThere() throws IOException, InterruptedException {
        ask.good(COMPLETIONS, "{" + PROMPT + ", \"max_tokens\": null, \"suffix\": null, \"n\": null, \"stream\": null, \"user\": \"me\","
                + " \"echo\": false, \"best_of\": 1, \"logit_bias\": null}");
    }

    @Test
    void bodiesThatAreNoSoundJsonAreRefused() throws IOException, InterruptedException {
        for (String body : List.of("", "[]", "{", "{\"model\": \"austen\"} x", "{\"model\": \"austen\", \"model\": \"spam\"}", "\u0000",
                "{" + PROMPT + ", \"n\": " + "1".repeat(101) + "}", "{\"a\": " + "[".repeat(201) + "]".repeat(201) + "}",
                "{\"a\": " + "[".repeat(100_000))) {
            ask.refused(COMPLETIONS, body);
        }
        assertEquals("n", ask.refused(COMPLETIONS, "{" + PROMPT + ", \"n\": " + "1".repeat(100) + "}").get("param").asText());
    }

    @Test
    void aPromptThatNeverFitsIsToldWhatWould() throws IOException, InterruptedException {
        JsonNode words = ask.refused(COMPLETIONS, "{\"model\": \"austen\", \"prompt\": \"" + "word ".repeat(20_000) + "\"}");
        String message = words.get("message").asText();
        assertTrue(message.matches(".*the prompt has at least \\d+ tokens, the context \\d+.*"), message);
        assertEquals("context_length_exceeded", words.get("code").asText());
        JsonNode tokens = ask.refused(COMPLETIONS, "{\"model\": \"austen\", \"prompt\": [" + "1, ".repeat(20_000) + "1]}");
        assertTrue(tokens.get("message").asText().matches("the prompt has 20001 tokens, the context \\d+.*"), tokens.toString());
        assertEquals("context_length_exceeded", tokens.get("code").asText());
    }

    @Test
    void pathsAndMethodsThatAreNoneAreRefused() throws IOException, InterruptedException {
        assertEquals(404, ask.get("/").status());
        assertEquals(404, ask.get("/v1/../etc/passwd").status());
        assertEquals(404, ask.post("/v1/chat", "{}").status());
        assertEquals(405, ask.get(COMPLETIONS).status());
        assertEquals(405, ask.post("/health/live", "{}").status());
        assertEquals(400, ask.get("/v1/models?limit=1").status());
        assertEquals(415, ask.send(ask.to(COMPLETIONS).header("Content-Encoding", "gzip").POST(HttpRequest.BodyPublishers.ofString("{}")))
                .status());
    }

    @Test
    void aRequestThatTakesLongerThanItMayIsEnded() throws IOException, InterruptedException {
        HttpRequest.Builder request = ask.to(COMPLETIONS).header("X-Request-Timeout", "0.05").POST(HttpRequest.BodyPublishers.ofString("{"
                + PROMPT + ", \"max_tokens\": 3000, \"logit_bias\": {\"0\": -100}}"));
        Asking.Answer late = ask.send(request);
        assertEquals(504, late.status(), late.response().body());
        assertEquals("deadline_exceeded", late.error().get("code").asText());
        Asking.Answer stream = ask.send(ask.to(COMPLETIONS).header("X-Request-Timeout", "0.05").POST(HttpRequest.BodyPublishers.ofString("{"
                + PROMPT + ", \"max_tokens\": 3000, \"stream\": true, \"logit_bias\": {\"0\": -100}}")));
        assertEquals("deadline_exceeded", Asking.events(stream.response().body()).getLast().at("/error/code").asText());
        assertFalse(stream.response().body().contains("[DONE]"));
        assertEquals(400, ask.send(ask.to(COMPLETIONS).header("X-Request-Timeout", "soon").POST(HttpRequest.BodyPublishers.ofString("{"
                + PROMPT + "}"))).status());
        assertEquals(0, server.answers());
    }

    @Test
    void aPageOfAnotherOriginMayNotAsk() throws IOException {
        for (String headers : List.of("Host: localhost\r\nOrigin: http://evil.example\r\n", "Host: localhost\r\nOrigin: null\r\n",
                "Host: evil.example\r\n", "Host: evil.example\r\nOrigin: http://evil.example\r\n",
                "Host: localhost.evil.example\r\n", "")) {
            try (RawClient raw = new RawClient(port(server))) {
                String answer = raw.send("GET /v1/models HTTP/1.0\r\n" + headers + "\r\n").rest();
                assertTrue(answer.startsWith("HTTP/1.0 403 "), headers + answer);
            }
        }
        for (String host : List.of("localhost", "localhost:8080", "127.0.0.1:80", "[::1]:8080", "LOCALHOST")) {
            try (RawClient raw = new RawClient(port(server))) {
                String answer = raw.send("GET /v1/models HTTP/1.0\r\nHost: " + host + "\r\nOrigin: http://" + host + "\r\n\r\n").rest();
                assertTrue(answer.startsWith("HTTP/1.0 200 "), host + answer);
                assertFalse(answer.toLowerCase(Locale.ROOT).contains("access-control"), answer);
            }
        }
    }

    private static int port(Server one) {
        return Integer.parseInt(one.url().replaceFirst(".*:", ""));
    }

    @Test
    void keysAreNeededWhereThereAreSome(@TempDir Path folder) throws IOException, InterruptedException {
        String hashed = "sha256:" + HexFormat.of().formatHex(sha256("another-secret-key"));
        Path file = Files.writeString(folder.resolve("keys"), "# of tests\n\nfirst-secret-key-1\n" + hashed + "\n");
        ApiKeys keys = ApiKeys.read(file);
        assertEquals("2 keys", keys.toString());
        assertTrue(ApiKeys.of(List.of(hashed)).hold("another-secret-key") && !ApiKeys.of(List.of(hashed)).hold(hashed));
        try (Server locked = Server.start(OPTIONS.withKeys(keys), List.of(ModelSource.demonstration(LoadOptions.DEFAULT).getFirst()))) {
            Asking asking = new Asking(ask.client(), locked.url());
            Asking.Answer without = asking.get("/v1/models");
            assertEquals(401, without.status());
            assertEquals("Bearer", without.header("www-authenticate"));
            for (String wrong : List.of("Bearer wrong-secret-key-1", "Bearer ", "Basic first-secret-key-1", "first-secret-key-1",
                    "Bearer " + hashed, "Bearer first-secret-key-")) {
                assertEquals(401, asking.send(asking.to("/v1/models").header("Authorization", wrong)).status(), wrong);
                assertEquals("invalid_api_key", asking.send(asking.to(COMPLETIONS).header("Authorization", wrong)
                        .POST(HttpRequest.BodyPublishers.ofString("{" + PROMPT + "}"))).error().get("code").asText());
            }
            for (String right : List.of("Bearer first-secret-key-1", "bearer another-secret-key")) {
                assertEquals(200, asking.send(asking.to("/v1/models").header("Authorization", right)).status(), right);
            }
            assertEquals(200, asking.get("/health/ready").status());
        }
        for (String wrong : List.of("", "short\n", "sha256:abc\n")) {
            Path other = Files.writeString(folder.resolve("wrong"), wrong);
            String message = assertThrows(InvalidRequestException.class, () -> ApiKeys.read(other)).getMessage();
            assertFalse(message.contains("short"), message);
        }
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void withoutKeysOnlyThisMachineIsListenedTo() {
        InvalidRequestException refused = assertThrows(InvalidRequestException.class, () -> Server.start(OPTIONS.withAddress(
                new Address("0.0.0.0", 0, Optional.empty())), ModelSource.demonstration(LoadOptions.DEFAULT)));
        assertTrue(refused.getMessage().contains("give a file of keys"), refused.getMessage());
    }

    @Test
    void twoModelsOfOneNameAreRefused() {
        ModelSource one = ModelSource.demonstration(LoadOptions.DEFAULT).getFirst();
        assertThrows(InvalidRequestException.class, () -> Server.start(OPTIONS, List.of(one, one)));
        assertThrows(InvalidRequestException.class, () -> Server.start(OPTIONS, List.of()));
        assertThrows(InvalidRequestException.class, () -> one.withId("../x"));
    }
}
