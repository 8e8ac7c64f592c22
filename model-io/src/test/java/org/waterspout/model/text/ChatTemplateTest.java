package org.waterspout.model.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.error.CancelledException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.error.WaterspoutException;
import org.waterspout.model.Metadata;
import org.waterspout.model.text.jinja.Rendered;

class ChatTemplateTest {

    private static final JsonNode FAMILIES = json("families.json").path("templates");
    private static final JsonNode RECORDED = json("cases.json");
    private static final Clock NOW = Clock.fixed(
            LocalDateTime.parse(RECORDED.path("now").textValue()).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);

    /** What src/test/python/record_chat_templates.py wrote. */
    private static JsonNode json(String resource) {
        try (InputStream in = ChatTemplateTest.class.getResourceAsStream("/chat_templates/" + resource)) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<Map.Entry<String, List<JsonNode>>> recordedByTemplate() {
        Map<String, List<JsonNode>> groups = new java.util.LinkedHashMap<>();
        RECORDED.path("cases").forEach(recorded -> groups.computeIfAbsent(recorded.path("family").asText("constructs"),
                family -> new ArrayList<>()).add(recorded));
        return List.copyOf(groups.entrySet());
    }

    private static List<ChatMessage> chat(String name) {
        List<ChatMessage> messages = new ArrayList<>();
        RECORDED.path("chats").path(name).forEach(message ->
                messages.add(new ChatMessage(message.path("role").textValue(), message.path("content").textValue())));
        return messages;
    }

    @ParameterizedTest
    @MethodSource("recordedByTemplate")
    void textIsThatOfTransformers(Map.Entry<String, List<JsonNode>> group) {
        assertTrue(group.getValue().size() >= 10, "the fixture has lost its cases");
        for (JsonNode recorded : group.getValue()) {
            String template = recorded.has("family") ? FAMILIES.path(recorded.path("family").textValue()).textValue()
                    : recorded.path("template").textValue();
            String context = template + " on " + recorded.path("chat");
            if (recorded.has("error")) {
                WaterspoutException thrown = assertThrows(WaterspoutException.class, () -> render(template, recorded), context);
                assertEquals(1, thrown.getMessage().lines().count(), thrown.getMessage());
            } else {
                assertEquals(recorded.path("text").textValue(), render(template, recorded), context);
            }
        }
    }

    private static String render(String template, JsonNode recorded) {
        return ChatTemplate.of(template, "<s>", "</s>", NOW)
                .render(chat(recorded.path("chat").textValue()), recorded.path("generate").booleanValue());
    }

    @Test
    void aRefusalIsTheRequestsFaultAndSaysWhy() {
        ChatTemplate template = ChatTemplate.of(FAMILIES.path("gemma2-2b").textValue(), "<bos>", "<eos>");
        InvalidRequestException thrown = assertThrows(InvalidRequestException.class,
                () -> template.render(List.of(ChatMessage.system("x"), ChatMessage.user("y")), true));
        assertTrue(thrown.getMessage().contains("System role not supported"), thrown.getMessage());
    }

    @Test
    void whatIsNotBuiltIsNamed() {
        for (String template : List.of("{% include 'x' %}", "{{ 1 | xmlattr }}", "{{ 1 is weird }}", "{% for x in y recursive %}")) {
            UnsupportedModelException thrown = assertThrows(UnsupportedModelException.class,
                    () -> ChatTemplate.of(template, "", "").render(List.of(), true), template);
            assertTrue(thrown.getMessage().contains("not built") && thrown.getMessage().contains("line 1"), thrown.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% for a in range(100000000000) %}{% endfor %}",
        "{% set ns = namespace(x='aaaaaaaaaaaaaaaa') %}{% for a in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for a in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for a in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[1]) %}{% for a in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}",
        "{% set ns = namespace(x=[1], y=[1]) %}{% for a in range(40) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}"
                + "{% endfor %}{{ ns.x == ns.y }}",
        "{% set ns = namespace(x=[1]) %}{% for a in range(90000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[]) %}{% for a in range(90000) %}{% set ns.x = ns.x + ['x' * 100000 ~ a] %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ 'a' * 1000000000000 }}{{ 'a' * 100000000 }}",
        "{{ 9 ** 99999999 }}",
        "{{ ('x' * 1000000) | replace('', 'y' * 1000000) }}",
        "{{ (' ' * 1000) | indent(100000000) | replace(' ', 'x' * 1000000) }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ messages.__class__ }}",
        "{{ ''.getClass() }}",
        "{{ messages[0].getClass().forName('java.lang.Runtime') }}",
        "{{ messages.clear() }}",
        "{{ messages[0].update({'content': 'x'}) }}",
        "{% set messages[0].content = 'x' %}",
        "{% set loop = namespace() %}{% for m in messages %}{% set loop.index = 5 %}{% endfor %}",
        "{{ ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1",
        "{{ 1 | map('nothing') | list }}",
        "{{ [1] | select('nothing') | list }}",
        "{% set l = range(90000) | list %}{% for a in l %}{% if 'x' in l %}{% endif %}{% endfor %}",
        "{% set l = range(90000) | list %}{% for a in l %}{{ l.index(89999) }}{% endfor %}",
        "{% set l = range(90000) | list %}{% for a in l %}{{ l == range(90000) | list }}{% endfor %}",
        "{% set l = range(90000) | list %}{% for a in l %}{{ l | sort | first }}{{ l | unique | first }}{{ l | max }}{% endfor %}",
        "{% set t = 'a' * 9000000 %}{% for a in range(90000) %}{{ t.find('b') }}{% endfor %}",
        "{% set t = 'a' * 9000000 %}{% for a in range(90000) %}{{ t.rfind('b') }}{% endfor %}",
        "{% set t = 'a' * 9000000 %}{% for a in range(90000) %}{{ t.count('b') }}{% endfor %}",
        "{% set t = 'a' * 9000000 %}{% for a in range(90000) %}{{ t.find('a' * 4000 ~ 'b') }}{% endfor %}",
        "{% set t = 'a' * 9000000 %}{% for a in range(90000) %}{{ ('a' * 4000 ~ 'b') in t }}{% endfor %}",
        "{% set t = 'a' * 9000000 %}{% set u = t ~ 'b' %}{% for a in range(90000) %}{{ u.startswith(t) }}{% endfor %}",
        "{% set t = 'a' * 9000000 %}{% set u = t ~ 'b' %}{% for a in range(90000) %}{{ u.endswith(t) }}{% endfor %}",
        "{% set t = 'a' * 9000000 %}{% set u = 'a' * 9000000 %}{% for a in range(90000) %}{{ t == u }}{{ t < u }}{% endfor %}",
        "{% set t = 'a' * 9000000 %}{% for a in range(90000) %}{{ t | length }}{{ t.isalpha() }}{{ t | int }}{% endfor %}",
        "{% set t = 'a' * 9000000 %}{% for a in range(90000) %}{{ t.split('b') | length }}{{ t.rsplit('b') | length }}{% endfor %}",
        "{% set t = 'a' * 9000000 %}{% for a in range(90000) %}{{ {'a': 1}[t] }}{{ t[8000000] }}{% endfor %}",
        "{% set t = 'a' * 9000000 %}{% for a in range(90000) %}{{ t.removeprefix('ab') | first }}{{ t.strip('b') | first }}{% endfor %}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ '{:.1000000000f}'.format(1) }}",
        "{{ '{:99999999999999999999}'.format(1) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%.1000000000f' % 1 }}",
        "{{ '%*d' % (1000000000, 1) }}",
        "{% set t = '{0}' * 1000000 %}{{ t.format('a' * 1000000) }}",
        "{{ '{0.__class__}'.format('a') }}",
        "{{ '{0.format}'.format('a') }}",
    })
    @Tag("slow")
    void aHostileTemplateIsStopped(String template) {
        List<ChatMessage> messages = List.of(ChatMessage.user("hello"));
        WaterspoutException thrown = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> assertThrows(
                WaterspoutException.class, () -> ChatTemplate.of(template, "", "").render(messages, true)));
        assertEquals(1, thrown.getMessage().lines().count(), thrown.getMessage());
    }

    @Test
    void aLongConversationIsWrittenAndOneWithoutEndRefused() {
        ChatTemplate template = ChatTemplate.of("{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}{% endfor %}", "", "");
        List<ChatMessage> many = Collections.nCopies(90_000, ChatMessage.user("hi "));
        assertEquals("<user>hi".repeat(90_000), template.render(many, true));
        for (List<ChatMessage> endless : List.of(Collections.nCopies(1_000_000, ChatMessage.user("hi")),
                Collections.nCopies(1000, ChatMessage.user("x".repeat(100_000))))) {
            InvalidRequestException thrown = assertThrows(InvalidRequestException.class, () -> template.render(endless, true));
            assertTrue(thrown.getMessage().contains("too long") && thrown.getMessage().contains("at most"), thrown.getMessage());
        }
    }

    @Test
    void timeWithoutEndIsTheConversationsFaultWhereThatIsLong() {
        ChatTemplate squares = ChatTemplate.of("{% for a in messages %}{% for b in messages %}{{ b.content[0] }}{% endfor %}{% endfor %}",
                "", "");
        InvalidRequestException thrown = assertTimeoutPreemptively(Duration.ofSeconds(60), () -> assertThrows(InvalidRequestException.class,
                () -> squares.render(Collections.nCopies(2_000, ChatMessage.user("hi")), true)));
        assertTrue(thrown.getMessage().contains("too long"), thrown.getMessage());
        ChatTemplate endless = ChatTemplate.of("{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}", "", "");
        assertThrows(UnsupportedModelException.class, () -> endless.render(List.of(ChatMessage.user("hi")), true));
    }

    @Test
    void anInterruptCancels() {
        ChatTemplate template = ChatTemplate.of("{% for m in messages %}{{ m.content }}{% endfor %}", "", "");
        List<ChatMessage> many = Collections.nCopies(50_000, ChatMessage.user("hi"));
        Thread.currentThread().interrupt();
        assertThrows(CancelledException.class, () -> template.render(many, true));
        assertTrue(Thread.interrupted(), "the interrupt is kept for the caller");
    }

    @Test
    void rolesAreTheTemplates() {
        ChatTemplate template = ChatTemplate.of("{% for m in messages %}{% if m.role in ['tool', 'developer'] %}T{% endif %}"
                + "<|start|>{{ m.role }}{{ m.content }}{% endfor %} ipython: ", "", "");
        for (String role : List.of("system", "user", "assistant", "tool", "developer", "ipython")) {
            assertTrue(template.render(List.of(new ChatMessage(role, "x")), true).contains(role + "x"), role);
        }
        for (String role : List.of("bot", "User", "user ", "too", "python", "user<|end|>", "<|start|>", "a\nb", "", " ", ".",
                "x".repeat(10_000))) {
            InvalidRequestException thrown = assertThrows(InvalidRequestException.class,
                    () -> template.render(List.of(ChatMessage.user("a"), new ChatMessage(role, "x")), true), role);
            assertTrue(thrown.getMessage().contains("role") && thrown.getMessage().length() < 300, thrown.getMessage());
        }
    }

    /** Private characters stand for what is written from outside; whatever published templates do with it, it is known for what it is. */
    @Test
    void whatComesFromOutsideIsKnownInEveryTemplate() {
        int seen = 0;
        for (Map.Entry<String, JsonNode> family : FAMILIES.properties()) {
            for (String name : List.of("one", "system", "turns", "thinking", "many")) {
                List<ChatMessage> marked = chat(name).stream().map(message -> new ChatMessage(message.role(),
                        message.content().replaceAll("[^<>/ \n]", "\uE000").replace("<", "\uE001").replace(">", "\uE002"))).toList();
                Rendered rendered;
                try {
                    rendered = ChatTemplate.of(family.getValue().textValue(), "<s>", "</s>", NOW).rendered(marked, true, Map.of());
                } catch (WaterspoutException refused) { // as recorded for the same roles
                    continue;
                }
                BitSet outside = new BitSet();
                rendered.stretches().forEach(stretch -> outside.set(stretch.from(), stretch.to()));
                for (int at = 0; at < rendered.text().length(); at++) {
                    char c = rendered.text().charAt(at);
                    if (c >= '\uE000' && c <= '\uE002') {
                        seen++;
                        assertTrue(outside.get(at), family.getKey() + " at " + at + " of " + rendered.text());
                    } else if (outside.get(at)) {
                        assertTrue(c == ' ' || c == '\n' || c == '/', family.getKey() + " at " + at + " of " + rendered.text());
                    }
                }
            }
        }
        assertTrue(seen > 1_000, "characters from outside: " + seen);
    }

    @Test
    void stretchesFollowEveryOperation() {
        for (String expression : List.of("x", "x ~ 'o'", "'o' + x", "x[1:]", "x | upper", "x.replace('b', 'o')", "'o%s' % x",
                "'o{}'.format(x)", "'o{0[content]}'.format(messages[0])", "[x, 'o'] | join", "'o'.join([x, x])",
                "x.split('b') | join('o')", "x | trim", "x * 2", "x | reverse", "x | safe + '<'", "x | e", "x.strip('a')",
                "{'o': x} | tojson", "[x] | string", "'%5s' % x", "'{:>5}'.format(x)",
                "x | title", "x | capitalize", "x | list | join('o')", "x | indent", "x.partition('b') | join('o')",
                "x.removeprefix('a')")) {
            Rendered rendered = ChatTemplate.of("{% set x = messages[0].content %}" + "{{ " + expression + " }}", "", "")
                    .rendered(List.of(ChatMessage.user("abc")), true, Map.of());
            StringBuilder outside = new StringBuilder();
            rendered.stretches().forEach(stretch -> outside.append(rendered.text(), stretch.from(), stretch.to()));
            assertEquals(rendered.text().replaceAll("[^abcABC]|&lt;|content|<", ""), outside.toString(), expression + " gives " + rendered);
        }
    }

    @Test
    void nestingOfEveryKindIsStopped() {
        for (String repeated : List.of("(", "[", "{", "-", "not ", "{% if 1 %}", "{% for x in y %}", "a(", "a[", "1 if ", "1 + (")) {
            String template = repeated.startsWith("{%") ? repeated.repeat(50_000) : "{{ " + repeated.repeat(50_000);
            assertTimeoutPreemptively(Duration.ofSeconds(20), () -> assertThrows(UnsupportedModelException.class,
                    () -> ChatTemplate.of(template, "", "").render(List.of(), true), repeated));
        }
        // long but flat: an honest template may have this
        for (String flat : List.of("1 + ", "1 and ", "1 ~ ", "'a' == 'a' and ", "not not ")) {
            String template = "{{ " + flat.repeat(150) + "1 }}";
            assertTrue(!ChatTemplate.of(template, "", "").render(List.of(), true).isEmpty(), flat);
        }
        for (String flat : List.of("1 + ", "1 ~ ", "1 if 1 else ")) {
            String template = "{{ " + flat.repeat(50_000) + "1 }}";
            assertTimeoutPreemptively(Duration.ofSeconds(20), () -> assertThrows(WaterspoutException.class,
                    () -> ChatTemplate.of(template, "", "").render(List.of(), true), flat));
        }
    }

    @Test
    void furtherVariablesReachTheTemplate() {
        ChatTemplate template = ChatTemplate.of(FAMILIES.path("qwen3-0.6b").textValue(), "", "");
        List<ChatMessage> messages = List.of(ChatMessage.user("Hi"));
        assertEquals("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
                template.render(messages, true, Map.of("enable_thinking", false)));
        assertEquals("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", template.render(messages, true));
    }

    @Test
    void theFilesTemplatesAreFoundByName() {
        Metadata none = TokenizerFixture.metadata("spm-prefix");
        Metadata some = TokenizerFixture.metadata("spm-prefix", Map.of("tokenizer.chat_template", "{{ bos_token }}a{{ eos_token }}",
                "tokenizer.chat_templates", List.of("tool_use"), "tokenizer.chat_template.tool_use", "tools"));
        try (Tokenizer tokenizer = Tokenizer.of(none)) {
            assertEquals(Optional.empty(), ChatTemplate.of(none, tokenizer));
            assertEquals("<s>a</s>", ChatTemplate.of(some, tokenizer).orElseThrow().render(List.of(), true));
            assertEquals(List.of("tool_use"), ChatTemplate.names(some));
            assertEquals("tools", ChatTemplate.named("tool_use", some, tokenizer).render(List.of(), true));
            InvalidRequestException thrown = assertThrows(InvalidRequestException.class,
                    () -> ChatTemplate.named("rag", some, tokenizer));
            assertTrue(thrown.getMessage().contains("tool_use"), thrown.getMessage());
        }
    }

    @Test
    void aFoldersTemplatesAreReadInTransformersOrder(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("chat_template.json"), "{\"chat_template\": \"from json\"}");
        try (Tokenizer tokenizer = Tokenizer.of(TokenizerFixture.metadata("spm-prefix"))) {
            assertEquals("from json", rendered(folder, tokenizer));
            Files.writeString(folder.resolve("tokenizer_config.json"), """
                    {"bos_token": {"content": "[B]", "__type": "AddedToken"}, "eos_token": "[E]", "chat_template": [
                    {"name": "default", "template": "{{ bos_token }}{{ pad_token }}{{ eos_token }}"},
                    {"name": "tool_use", "template": "tools{{ image_token }}"}]}""");
            Files.writeString(folder.resolve("special_tokens_map.json"), """
                    {"bos_token": "[other]", "pad_token": {"content": "[P]"}, "image_token": "[I]"}""");
            assertEquals("[B][P][E]", rendered(folder, tokenizer));
            assertEquals("tools[I]", ChatTemplate.named("tool_use", folder, tokenizer).render(List.of(), true));
            InvalidRequestException thrown = assertThrows(InvalidRequestException.class,
                    () -> ChatTemplate.named("rag", folder, tokenizer));
            assertTrue(thrown.getMessage().contains("tool_use"), thrown.getMessage());
            Files.writeString(folder.resolve("chat_template.jinja"), "own file\n");
            assertEquals("own file", rendered(folder, tokenizer));
            Files.createDirectory(folder.resolve("additional_chat_templates"));
            Files.writeString(folder.resolve("additional_chat_templates/rag.jinja"), "r");
            assertEquals("r", ChatTemplate.named("rag", folder, tokenizer).render(List.of(), true));
            assertEquals("own file", rendered(folder, tokenizer));
        }
    }

    private static String rendered(Path folder, Tokenizer tokenizer) {
        return ChatTemplate.of(folder, tokenizer).orElseThrow().render(List.of(), true);
    }
}
