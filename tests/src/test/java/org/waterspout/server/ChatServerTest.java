package org.waterspout.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.waterspout.Embedder;
import org.waterspout.LanguageModel;
import org.waterspout.LoadOptions;
import org.waterspout.generate.GenerationRequest;
import org.waterspout.generate.LogProbabilities;
import org.waterspout.generate.Prompt;
import org.waterspout.generate.Sampling;
import org.waterspout.model.text.ChatMessage;
import org.waterspout.server.http.Address;
import org.waterspout.server.model.ModelSource;
import org.waterspout.tests.ChatModel;
import org.waterspout.tests.TaskModel;

/** Chats and vectors over HTTP, with tiny random models: what is asked for is what the library is asked for. */
@Tag("slow")
class ChatServerTest {

    private static final String TEMPLATE = "{% for t in tools or [] %}{{ t.function.name }}: {{ t.function.parameters | tojson }}{%"
            + " endfor %}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}{% for c in m.tool_calls or [] %}<|tool_call|>"
            + "{{ [c.function] | tojson }}{% endfor %}{% if m.role == 'tool' %}{{ m.tool_call_id }}{% endif %}<|im_end|>{% endfor %}"
            + "<|im_start|>assistant\n";
    private static final String CHAT = "/v1/chat/completions";
    private static final String HI = "\"model\": \"chat\", \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]";
    private static final String TOOLS = "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"room\", \"description\": "
            + "\"a room\", \"parameters\": {\"type\": \"object\", \"properties\": {\"number\": {\"type\": \"integer\", \"minimum\": 1, "
            + "\"maximum\": 99}}, \"required\": [\"number\"]}}}, {\"type\": \"function\", \"function\": {\"name\": \"nothing\"}}]";

    @TempDir
    private static Path folder;
    private static Server server;
    private static Asking ask;

    @BeforeAll
    static void start() throws IOException {
        Path chat = ChatModel.gguf(folder, TEMPLATE, List.of("<|tool_call|>", "<|/tool_call|>"));
        server = Server.start(ServerOptions.DEFAULT.withAddress(new Address("localhost", 0, Optional.empty())), List.of(
                ModelSource.of(chat, LoadOptions.DEFAULT).withId("chat"),
                ModelSource.of(TaskModel.of("embedder").folder(), LoadOptions.DEFAULT).withId("vectors")));
        ask = Asking.of(server);
    }

    @AfterAll
    static void end() {
        ask.close();
        server.close();
    }

    private static LanguageModel model() {
        return LanguageModel.load(folder.resolve("model.gguf"));
    }

    private static GenerationRequest chat(ChatMessage... messages) {
        return GenerationRequest.of(new Prompt.Conversation(List.of(messages))).withMaxTokens(10).withSampling(Sampling.GREEDY);
    }

    @Test
    void aConversationIsAnsweredAsTheLibraryAnswersIt() throws IOException, InterruptedException {
        JsonNode answer = ask.good(CHAT, "{\"model\": \"chat\", \"temperature\": 0, \"max_completion_tokens\": 10, \"messages\": ["
                + "{\"role\": \"developer\", \"content\": \"be kind\"}, {\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\":"
                + " \"a\"}, {\"type\": \"text\", \"text\": \"b\"}]}, {\"role\": \"assistant\", \"content\": \"c\", \"refusal\": null,"
                + " \"annotations\": []}, {\"role\": \"user\", \"content\": \"d\"}]}");
        try (LanguageModel model = model()) {
            var expected = model.generate(chat(ChatMessage.system("be kind"), ChatMessage.user("a\nb"), ChatMessage.assistant("c"),
                    ChatMessage.user("d"))).complete();
            assertEquals(expected.text(), answer.at("/choices/0/message/content").asText());
            assertEquals(expected.promptTokens(), answer.at("/usage/prompt_tokens").asInt());
        }
        assertEquals("chat.completion", answer.get("object").asText());
        assertEquals("assistant", answer.at("/choices/0/message/role").asText());
        assertTrue(answer.at("/choices/0/message/refusal").isNull() && answer.at("/choices/0/logprobs").isNull());
    }

    @Test
    void aStreamSaysTheSame() throws IOException, InterruptedException {
        String body = HI + ", \"seed\": 3, \"max_tokens\": 15, \"n\": 2, \"logprobs\": true, \"top_logprobs\": 2";
        JsonNode whole = ask.good(CHAT, "{" + body + "}");
        List<JsonNode> events = ask.events(CHAT, "{" + body + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}}");
        for (int index = 0; index < 2; index++) {
            int choice = index;
            List<JsonNode> parts = events.stream().flatMap(event -> event.get("choices").valueStream())
                    .filter(part -> part.get("index").asInt() == choice).toList();
            assertEquals("assistant", parts.getFirst().at("/delta/role").asText());
            assertEquals(1, parts.stream().filter(part -> part.get("delta").has("role")).count());
            assertEquals(whole.get("choices").get(choice).at("/message/content").asText(),
                    parts.stream().map(part -> part.at("/delta/content").asText("")).collect(Collectors.joining()));
            assertEquals(whole.get("choices").get(choice).at("/logprobs/content").valueStream().toList(),
                    parts.stream().flatMap(part -> part.at("/logprobs/content").valueStream()).toList());
            assertEquals(whole.get("choices").get(choice).get("finish_reason"), parts.getLast().get("finish_reason"));
        }
        assertEquals(whole.get("usage").get("total_tokens"), events.getLast().at("/usage/total_tokens"));
        assertTrue(events.stream().allMatch(event -> event.get("object").asText().equals("chat.completion.chunk")));
    }

    @Test
    void logProbabilitiesAreTheLibrarys() throws IOException, InterruptedException {
        JsonNode content = ask.good(CHAT, "{" + HI + ", \"temperature\": 0, \"max_tokens\": 10, \"logprobs\": true, \"top_logprobs\": 3}")
                .at("/choices/0/logprobs/content");
        try (LanguageModel model = model()) {
            var expected = model.generate(chat(ChatMessage.user("hi")).withLogProbabilities(LogProbabilities.top(3))).complete();
            assertEquals(expected.logProbabilities().size(), content.size());
            for (int i = 0; i < content.size(); i++) {
                assertEquals(expected.logProbabilities().get(i).logProbability(), content.get(i).get("logprob").asDouble());
                assertEquals(3, content.get(i).get("top_logprobs").size());
                byte[] bytes = model.tokenizer().bytes(expected.logProbabilities().get(i).id());
                assertEquals(bytes.length, content.get(i).get("bytes").size());
                assertEquals(bytes[0] & 0xff, content.get(i).get("bytes").get(0).asInt());
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"\"required\" | ''", "{\"type\": \"function\", \"function\": {\"name\": \"room\"}} | room",
        "{\"type\": \"function\", \"function\": {\"name\": \"nothing\"}} | nothing"})
    void aToolThatHasToBeCalledIsCalled(String choice, String name) throws IOException, InterruptedException {
        String body = HI + ", " + TOOLS.replace("\"a room\"", "\"a room\", \"strict\": true") + ", \"tool_choice\": " + choice
                + ", \"seed\": 4, \"max_tokens\": 200, \"parallel_tool_calls\": false";
        JsonNode message = ask.good(CHAT, "{" + body + "}").at("/choices/0");
        JsonNode call = message.at("/message/tool_calls/0");
        assertEquals("tool_calls", message.get("finish_reason").asText());
        assertTrue(message.at("/message/content").isNull());
        assertEquals(1, message.at("/message/tool_calls").size());
        assertEquals("function", call.get("type").asText());
        assertTrue(name.isEmpty() || name.equals(call.at("/function/name").asText()), call.toString());
        JsonNode arguments = new ObjectMapper().readTree(call.at("/function/arguments").asText());
        if (call.at("/function/name").asText().equals("room")) {
            assertTrue(arguments.get("number").asInt() >= 1 && arguments.get("number").asInt() <= 99, arguments.toString());
        }
        List<JsonNode> events = ask.events(CHAT, "{" + body + ", \"stream\": true}");
        List<JsonNode> calls = events.stream().flatMap(event -> event.at("/choices/0/delta/tool_calls").valueStream()).toList();
        assertEquals(1, calls.size());
        assertEquals(0, calls.getFirst().get("index").asInt());
        assertEquals(call.get("function"), calls.getFirst().get("function"));
        assertEquals("tool_calls", events.getLast().at("/choices/0/finish_reason").asText());
        String next = "{\"model\": \"chat\", " + TOOLS + ", \"max_tokens\": 5, \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}, "
                + message.get("message") + ", {\"role\": \"tool\", \"tool_call_id\": " + call.get("id") + ", \"content\": \"done\"}]}";
        ask.good(CHAT, next);
        assertEquals("messages[2].tool_call_id", ask.refused(CHAT, next.replace("\"tool_call_id\": \"", "\"tool_call_id\": \"x"))
                .get("param").asText());
    }

    @Test
    void answersHaveTheFormAskedFor() throws IOException, InterruptedException {
        for (int seed = 0; seed < 3; seed++) {
            String how = HI + ", \"max_tokens\": 400, \"logit_bias\": {}, \"seed\": " + seed;
            JsonNode choice = ask.good(CHAT, "{" + how + ", \"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\":"
                    + " \"x\", \"strict\": true, \"schema\": {\"type\": \"object\", \"properties\": {\"a\": {\"enum\": [\"b\", \"c\"]}},"
                    + " \"required\": [\"a\"], \"additionalProperties\": false}}}}").at("/choices/0");
            JsonNode made = new ObjectMapper().readTree(choice.at("/message/content").asText());
            assertTrue(List.of("b", "c").contains(made.get("a").asText()) && made.size() == 1, choice.toString());
            assertEquals("stop", choice.get("finish_reason").asText());
            JsonNode any = ask.good(CHAT, "{" + how + ", \"response_format\": {\"type\": \"json_object\"}}").at("/choices/0");
            assertTrue(any.at("/message/content").asText().startsWith("{"), any.toString());
        }
        ask.good(CHAT, "{" + HI + ", \"max_tokens\": 2, \"response_format\": {\"type\": \"text\"}}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "\"foo\": null | foo", "\"max_tokens\": 5, \"max_completion_tokens\": 6 | max_tokens", "\"max_tokens\": 0 | max_tokens",
        "\"top_logprobs\": 2 | top_logprobs", "\"logprobs\": true, \"top_logprobs\": 21 | top_logprobs", "\"logprobs\": 1 | logprobs",
        "\"store\": true | store", "\"metadata\": {\"a\": \"b\"} | metadata", "\"service_tier\": \"flex\" | service_tier",
        "\"modalities\": [\"text\", \"audio\"] | modalities", "\"audio\": {} | audio", "\"reasoning_effort\": \"low\" | reasoning_effort",
        "\"verbosity\": \"low\" | verbosity", "\"prediction\": {} | prediction", "\"web_search_options\": {} | web_search_options",
        "\"functions\": [] | functions", "\"function_call\": \"auto\" | function_call",
        "\"tool_choice\": \"required\" | tool_choice", "\"tools\": [{\"type\": \"custom\"}] | tools[0].type",
        "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"a\", \"strict\": true}}] | tools[0].function.strict",
        "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"a\", \"x\": 1}}] | tools[0].function.x",
        "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"a\", \"parameters\": []}}] | tools[0].function.parameters",
        "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"a\"}}], \"tool_choice\": \"must\" | tool_choice",
        "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"a\"}}], \"tool_choice\": {\"type\": \"allowed_tools\"} |"
        + " tool_choice.type",
        "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"a\"}}], \"tool_choice\": {\"type\": \"function\", \"function\":"
        + " {\"name\": \"b\"}} | tool_choice",
        "\"response_format\": {\"type\": \"xml\"} | response_format.type",
        "\"response_format\": {\"type\": \"json_schema\"} | response_format.json_schema",
        "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"a\"}} | response_format.json_schema.schema",
        "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"a b\", \"schema\": {}}} |"
        + " response_format.json_schema.name",
        "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"a\", \"schema\": {\"not\": {}}}} |"
        + " response_format.json_schema.schema"})
    void whatIsWrongUnknownOrNotBuiltIsRefusedByName(String parameter, String name) throws IOException, InterruptedException {
        JsonNode error = ask.refused(CHAT, "{" + HI + ", " + parameter + "}");
        assertEquals(name, error.get("param").asText(), error.toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "[] | messages", "5 | messages", "[5] | messages[0]", "[{\"content\": \"a\"}] | messages[0].role",
        "[{\"role\": \"king\", \"content\": \"a\"}] | messages[0].role", "[{\"role\": \"user\"}] | messages[0].content",
        "[{\"role\": \"user\", \"content\": 5}] | messages[0].content", "[{\"role\": \"user\", \"content\": \"a\", \"name\": \"b\"}] |"
        + " messages[0].name", "[{\"role\": \"user\", \"content\": \"a\", \"x\": 1}] | messages[0].x",
        "[{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\": {\"url\": \"data:\"}}]}] |"
        + " messages[0].content[0].type",
        "[{\"role\": \"user\", \"content\": [{\"type\": \"input_audio\", \"input_audio\": {}}]}] | messages[0].content[0].type",
        "[{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"a\", \"b\": 1}]}] | messages[0].content[0].b",
        "[{\"role\": \"assistant\"}] | messages[0].content", "[{\"role\": \"assistant\", \"refusal\": \"no\", \"content\": \"a\"}] |"
        + " messages[0].refusal", "[{\"role\": \"tool\", \"tool_call_id\": \"a\", \"content\": \"b\"}] | messages[0].tool_call_id",
        "[{\"role\": \"assistant\", \"tool_calls\": [{\"id\": \"a\", \"type\": \"function\", \"function\": {\"name\": \"b\", \"arguments\":"
        + " \"c\"}}]}] | messages[0].tool_calls[0].function.arguments"})
    void messagesThatAreNoneAreRefusedByWhereTheyAre(String messages, String name) throws IOException, InterruptedException {
        JsonNode error = ask.refused(CHAT, "{\"model\": \"chat\", \"messages\": " + messages + "}");
        assertEquals(name, error.get("param").asText(), error.toString());
    }

    @Test
    void valuesThatChangeNothingAreTaken() throws IOException, InterruptedException {
        ask.good(CHAT, "{" + HI + ", \"max_tokens\": 2, \"store\": false, \"service_tier\": \"auto\", \"modalities\": [\"text\"], \"user\":"
                + " \"me\", \"safety_identifier\": \"me\", \"prompt_cache_key\": \"k\", \"metadata\": null, \"audio\": null,"
                + " \"parallel_tool_calls\": true, \"tools\": [], \"tool_choice\": \"none\", \"logprobs\": false, \"top_logprobs\": 0,"
                + " \"top_p\": 0}");
    }

    @Test
    void whereNothingIsSaidAnAnswerIsAsLongAsTheContext() throws IOException, InterruptedException {
        JsonNode answer = ask.good(CHAT, "{" + HI + ", \"temperature\": 0, \"logit_bias\": {\"0\": -100, \"1\": -100, \"2\": -100}}");
        assertEquals("length", answer.at("/choices/0/finish_reason").asText());
        assertTrue(answer.at("/usage/completion_tokens").asInt() > GenerationRequest.DEFAULT_MAX_TOKENS, answer.get("usage").toString());
    }

    @Test
    void vectorsAreTheLibrarysAsNumbersAndPacked() throws IOException, InterruptedException {
        JsonNode plain = ask.good("/v1/embeddings", "{\"model\": \"vectors\", \"input\": [\"a cat\", \"\"]}");
        JsonNode packed = ask.good("/v1/embeddings", "{\"model\": \"vectors\", \"input\": \"a cat\", \"encoding_format\": \"base64\"}");
        try (Embedder embedder = Embedder.load(TaskModel.of("embedder").folder())) {
            Embedder.Embedding expected = embedder.embed("a cat");
            JsonNode numbers = plain.at("/data/0/embedding");
            var floats = ByteBuffer.wrap(Base64.getDecoder().decode(packed.at("/data/0/embedding").asText()))
                    .order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
            assertEquals(embedder.dimensions(), numbers.size());
            assertEquals(embedder.dimensions(), floats.remaining());
            for (int i = 0; i < numbers.size(); i++) {
                assertEquals(expected.vector()[i], (float) numbers.get(i).asDouble());
                assertEquals(expected.vector()[i], floats.get(i));
            }
            assertEquals(expected.tokens(), packed.at("/usage/prompt_tokens").asInt());
            ask.good("/v1/embeddings", "{\"model\": \"vectors\", \"input\": \"a\", \"dimensions\": " + embedder.dimensions() + "}");
            JsonNode error = ask.refused("/v1/embeddings", "{\"model\": \"vectors\", \"input\": \"a\", \"dimensions\": "
                    + (embedder.dimensions() - 1) + "}");
            assertEquals("dimensions", error.get("param").asText());
            assertTrue(error.get("message").asText().contains("" + embedder.dimensions()), error.toString());
        }
        assertEquals(2, plain.get("data").size());
        assertEquals(1, plain.at("/data/1/index").asInt());
        assertFalse(plain.has("error"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"\"input\": [] | input", "\"input\": [1, 2] | input", "\"input\": [[1]] | input",
        "\"input\": {} | input", "\"input\": [\"a\", 5] | input", "\"input\": \"a\", \"encoding_format\": \"int8\" | encoding_format",
        "\"input\": \"a\", \"dimensions\": 0 | dimensions", "\"input\": \"a\", \"truncate\": true | truncate", "\"user\": \"a\" | input"})
    void whatIsWrongOfVectorsIsRefusedByName(String parameters, String name) throws IOException, InterruptedException {
        assertEquals(name, ask.refused("/v1/embeddings", "{\"model\": \"vectors\", " + parameters + "}").get("param").asText());
    }

    @Test
    void aTextThatNeverFitsIsToldWhatWould() throws IOException, InterruptedException {
        JsonNode error = ask.refused("/v1/embeddings", "{\"model\": \"vectors\", \"input\": \"" + "a ".repeat(3000) + "\"}");
        String message = error.get("message").asText();
        assertTrue(message.matches(".*\\d+ tokens, the model takes at most \\d+.*"), message);
        assertEquals("context_length_exceeded", error.get("code").asText());
    }
}
