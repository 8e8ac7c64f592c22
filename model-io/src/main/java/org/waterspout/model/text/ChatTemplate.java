package org.waterspout.model.text;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.waterspout.error.CancelledException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.text.jinja.JinjaException;
import org.waterspout.model.text.jinja.Rendered;
import org.waterspout.model.text.jinja.Template;
import org.waterspout.tools.Tool;
import org.waterspout.tools.ToolCall;
import org.waterspout.tools.ToolCallFormat;

/**
 * How a model wants a conversation written: a Jinja template from its file. The text is the one Transformers'
 * apply_chat_template gives; special tokens stand in it by name, so it is encoded with them parsed. A template comes from
 * whoever made the file, so it reaches nothing but the conversation and is stopped when it takes too many steps or too much
 * space.
 * Safe to use from several threads.
 */
public final class ChatTemplate {

    private static final String KEY = "tokenizer.chat_template";

    /** As Transformers calls a template for prompts with tools. */
    private static final String TOOL_USE = "tool_use";

    private static final Set<String> USUAL_ROLES = Set.of("system", "user", "assistant");
    private static final Pattern ROLE = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N}_.-]{0,63}");
    /** Most messages of a conversation, and characters of all of them. */
    public static final int MAX_MESSAGES = 100_000;
    public static final int MAX_CHARACTERS = 1 << 23;
    /** A template may take so many steps, and so many more for each message: long ones take some hundred. */
    private static final long STEPS = 2_000_000;
    private static final long STEPS_PER_MESSAGE = 1_000;
    /** From so many messages or characters on, a template that takes too long is not to blame alone. */
    private static final int LONG_CONVERSATION = 100;
    private static final int LONG_TEXT = 1 << 17;

    /** Throws where the file that holds it is damaged. */
    private final Supplier<String> source;
    /** Parsed when it is first used: a template that is no Jinja does not keep a model from continuing bare text. */
    private volatile Template parsed;
    private final Map<String, Object> constants;
    private final Clock clock;

    private ChatTemplate(Supplier<String> source, Map<String, Object> constants, Clock clock) {
        this.source = source;
        this.constants = constants;
        this.clock = clock;
    }

    /**
     * @param source   the template
     * @param bosToken what it may write to begin a sequence, such as {@code <s>}; empty if the model has no such token
     * @param eosToken what it may write to end one
     */
    public static ChatTemplate of(String source, String bosToken, String eosToken) {
        return of(source, bosToken, eosToken, Clock.systemDefaultZone());
    }

    /** {@link #of(String, String, String)} with the clock that a template's {@code strftime_now} reads. */
    public static ChatTemplate of(String source, String bosToken, String eosToken, Clock clock) {
        return new ChatTemplate(() -> source, Map.of("bos_token", bosToken, "eos_token", eosToken), clock);
    }

    /**
     * The template of an open model: the one in its metadata, else that of the folder with its tokenizer, where tokenizer_config.json
     * and special_tokens_map.json name the special tokens it may write. One that is damaged fails when it is used.
     */
    public static Optional<ChatTemplate> of(ModelFile file, Tokenizer tokenizer) {
        return file.metadata().has("tokenizer.ggml.model") ? of(file.metadata(), tokenizer) : of(folder(file), tokenizer);
    }

    /** As {@link #of(ModelFile, Tokenizer)}, for a prompt with tools: the one called {@code tool_use} where there is one. */
    public static Optional<ChatTemplate> forTools(ModelFile file, Tokenizer tokenizer) {
        return file.metadata().has("tokenizer.ggml.model") ? forTools(file.metadata(), tokenizer) : forTools(folder(file), tokenizer);
    }

    /** As {@link #forTools(ModelFile, Tokenizer)}, of a GGUF file. */
    public static Optional<ChatTemplate> forTools(Metadata metadata, Tokenizer tokenizer) {
        try {
            return names(metadata).contains(TOOL_USE) ? Optional.of(named(TOOL_USE, metadata, tokenizer)) : of(metadata, tokenizer);
        } catch (ModelFormatException damaged) {
            return Optional.of(unusable(damaged));
        }
    }

    /** As {@link #forTools(ModelFile, Tokenizer)}, for the folder of a model. */
    public static Optional<ChatTemplate> forTools(Path folder, Tokenizer tokenizer) {
        try {
            return ofFolder(folder, TOOL_USE, tokenizer).or(() -> of(folder, tokenizer));
        } catch (ModelFormatException damaged) {
            return Optional.of(unusable(damaged));
        }
    }

    /** As {@link #of(ModelFile, Tokenizer)}, for the folder of a model. */
    public static Optional<ChatTemplate> of(Path folder, Tokenizer tokenizer) {
        try {
            return ofFolder(folder, FolderTemplates.DEFAULT, tokenizer);
        } catch (ModelFormatException damaged) {
            return Optional.of(unusable(damaged));
        }
    }

    /**
     * A template that a model's folder keeps under a name of its own, such as {@code tool_use}.
     *
     * @throws InvalidRequestException if there is none of this name
     */
    public static ChatTemplate named(String name, Path folder, Tokenizer tokenizer) {
        return ofFolder(folder, name, tokenizer).orElseThrow(() -> new InvalidRequestException("the model has no chat template '" + name
                + "': use one of " + FolderTemplates.read(folder).keySet()));
    }

    private static ChatTemplate unusable(ModelFormatException damaged) {
        return new ChatTemplate(() -> {
            throw new ModelFormatException(damaged.getMessage(), damaged);
        }, Map.of(), Clock.systemDefaultZone());
    }

    private static Path folder(ModelFile file) {
        Path path = TokenizerFiles.textPath(file);
        return Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
    }

    private static Optional<ChatTemplate> ofFolder(Path folder, String name, Tokenizer tokenizer) {
        return Optional.ofNullable(FolderTemplates.read(folder).get(name)).map(source -> new ChatTemplate(() -> source,
                Neighbours.of(folder).names(tokenizer), Clock.systemDefaultZone()));
    }

    /** The template of a GGUF file ({@code tokenizer.chat_template}), or nothing if it has none. */
    public static Optional<ChatTemplate> of(Metadata metadata, Tokenizer tokenizer) {
        try {
            return metadata.optionalString(KEY).map(source -> of(source, tokenizer));
        } catch (ModelFormatException damaged) {
            return Optional.of(unusable(damaged));
        }
    }

    /**
     * A template the file keeps under a name of its own ({@code tokenizer.chat_template.NAME}), such as {@code tool_use}.
     *
     * @throws InvalidRequestException if there is none of this name
     */
    public static ChatTemplate named(String name, Metadata metadata, Tokenizer tokenizer) {
        return metadata.optionalString(KEY + "." + name).map(source -> of(source, tokenizer))
                .orElseThrow(() -> new InvalidRequestException("the model file has no chat template '" + name + "': use one of "
                        + names(metadata)));
    }

    /** Names of the templates a GGUF file has besides the one without a name. */
    public static List<String> names(Metadata metadata) {
        return metadata.values().keySet().stream().filter(key -> key.startsWith(KEY + "."))
                .map(key -> key.substring(KEY.length() + 1)).toList();
    }

    private static ChatTemplate of(String source, Tokenizer tokenizer) {
        return of(source, tokenizer.bos().isPresent() ? tokenizer.piece(tokenizer.bos().getAsInt()) : "",
                tokenizer.eos().isPresent() ? tokenizer.piece(tokenizer.eos().getAsInt()) : "");
    }

    /**
     * The conversation as text for the model.
     *
     * @param addGenerationPrompt whether the text ends where the assistant is to speak
     * @throws InvalidRequestException   if the template refuses this conversation (the message is its own), a role is neither a usual one
     *                                   nor one the template knows, or the conversation is too long
     * @throws UnsupportedModelException if the template is no Jinja, uses a part of Jinja that is not built, or fails
     * @throws ModelFormatException      if the file that holds it is damaged
     * @throws CancelledException     if the thread is interrupted
     */
    public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
        return render(messages, addGenerationPrompt, Map.of());
    }

    /**
     * {@link #render(List, boolean)} with further variables that some templates read, such as {@code enable_thinking}.
     *
     * @param variables null, Boolean, Long, Double, String, and List and Map of them
     */
    public String render(List<ChatMessage> messages, boolean addGenerationPrompt, Map<String, Object> variables) {
        return rendered(messages, addGenerationPrompt, variables).text();
    }

    /** {@link #rendered(List, List, boolean, Map)} without tools. */
    public Rendered rendered(List<ChatMessage> messages, boolean addGenerationPrompt, Map<String, Object> variables) {
        return rendered(messages, List.of(), addGenerationPrompt, variables);
    }

    /**
     * {@link #render(List, boolean, Map)} with tools that the model may call, that also tells what of the text is the template's own and
     * what somebody wrote: the contents of messages, and the texts among tools and variables. For {@link Tokenizer#encodePrompt(Rendered)}.
     *
     * <p>Calls have their arguments as objects, as Transformers wants them; a template that fails with objects gets their JSON text.
     *
     * @throws InvalidRequestException besides, for tools where the template tells none, and for messages with calls where it writes none
     */
    public Rendered rendered(List<ChatMessage> messages, List<Tool> tools, boolean addGenerationPrompt, Map<String, Object> variables) {
        checkLength(messages, tools);
        Template template = template();
        Set<String> roles = new HashSet<>(USUAL_ROLES);
        for (ChatMessage message : messages) {
            if (roles.add(message.role())) {
                checkRole(message.role(), template);
            }
        }
        boolean calls = messages.stream().anyMatch(message -> !message.toolCalls().isEmpty());
        if (calls && !template.reads("tool_calls")) {
            throw new InvalidRequestException(
                    "a message calls tools, and the model's chat template writes no calls (tool_calls): write the call"
                    + " into the message's text as the model is used to");
        }
        if (!tools.isEmpty() && !template.reads("tools")) {
            throw new InvalidRequestException("the model's chat template tells no tools (it does not read tools): describe them in a system"
                    + " message and say in which format the model writes calls, or use a model whose template tells them");
        }
        Map<String, Object> all = new LinkedHashMap<>(constants);
        all.put("messages", messages.stream().map(message -> turn(message, false)).toList());
        all.put("add_generation_prompt", addGenerationPrompt);
        all.put("tools", tools.isEmpty() ? null : tools.stream().map(tool -> JsonValues.of(tool.definition())).toList());
        all.put("documents", null); // Transformers passes these two always
        variables.forEach((name, value) -> all.put(name, constants.containsKey(name) ? value : outside(value)));
        long steps = STEPS + STEPS_PER_MESSAGE * (messages.size() + (long) tools.size());
        try {
            return template.render(all, clock, steps);
        } catch (JinjaException e) {
            if (calls && e.why() == JinjaException.Cause.FAULT) {
                all.put("messages", messages.stream().map(message -> turn(message, true)).toList());
                try {
                    return template.render(all, clock, steps);
                } catch (JinjaException again) {
                    e.addSuppressed(again);
                }
            }
            throw failed(e, messages);
        }
    }

    /** Whether the template tells a model which tools there are. */
    public boolean readsTools() {
        return template().reads("tools");
    }

    /** How the model writes calls, as far as its template shows it. */
    public Optional<ToolCallFormat> toolCallFormat() {
        return ToolCallFormat.of(source.get());
    }

    /**
     * A message as Transformers hands it over.
     *
     * @param argumentsAsText whether arguments of calls are JSON text instead of objects
     */
    private static Map<String, Object> turn(ChatMessage message, boolean argumentsAsText) {
        Map<String, Object> turn = new LinkedHashMap<>();
        turn.put("role", message.role());
        turn.put("content", new Rendered.Outside(message.content()));
        if (!message.toolCalls().isEmpty()) {
            turn.put("tool_calls", message.toolCalls().stream().map(call -> call(call, argumentsAsText)).toList());
        }
        message.answers().ifPresent(call -> {
            if (!call.id().isEmpty()) {
                turn.put("tool_call_id", new Rendered.Outside(call.id()));
            }
            turn.put("name", new Rendered.Outside(call.name()));
        });
        return turn;
    }

    private static Map<String, Object> call(ToolCall call, boolean argumentsAsText) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", new Rendered.Outside(call.name()));
        function.put("arguments", argumentsAsText ? new Rendered.Outside(call.arguments()) : JsonValues.of(call.arguments()));
        Map<String, Object> all = new LinkedHashMap<>();
        if (!call.id().isEmpty()) {
            all.put("id", new Rendered.Outside(call.id()));
        }
        all.put("type", "function");
        all.put("function", function);
        return all;
    }

    private static void checkLength(List<ChatMessage> messages, List<Tool> tools) {
        if (messages.size() > MAX_MESSAGES) {
            throw new InvalidRequestException("a conversation of " + messages.size() + " messages is too long: send " + MAX_MESSAGES
                    + " at most");
        }
        long characters = messages.stream().mapToLong(message -> message.content().length()
                + message.toolCalls().stream().mapToLong(call -> call.name().length() + call.arguments().length()).sum()).sum()
                + tools.stream().mapToLong(tool -> tool.definition().length()).sum();
        if (characters > MAX_CHARACTERS) {
            throw new InvalidRequestException("a conversation of " + characters + " characters is too long: send " + MAX_CHARACTERS
                    + " at most");
        }
    }

    /** A role becomes part of the template's own text, so it is one that the template knows. */
    private static void checkRole(String role, Template template) {
        if (!ROLE.matcher(role).matches() || !template.mentions(role)) {
            throw new InvalidRequestException("the model's chat template knows no role " + Quoted.of(role)
                    + ": use system, user, assistant, or one that stands in the template");
        }
    }

    private static Object outside(Object value) {
        return switch (value) {
            case String text -> new Rendered.Outside(text);
            case List<?> list -> {
                List<Object> all = new ArrayList<>();
                list.forEach(element -> all.add(outside(element)));
                yield all;
            }
            case Map<?, ?> map -> {
                Map<Object, Object> all = new LinkedHashMap<>();
                map.forEach((key, element) -> all.put(key, outside(element)));
                yield all;
            }
            case null, default -> value;
        };
    }

    private static RuntimeException failed(JinjaException e, List<ChatMessage> messages) {
        return switch (e.why()) {
            case RAISED -> new InvalidRequestException("the model's chat template refuses this conversation: " + line(e), e);
            case LIMIT -> messages.size() > LONG_CONVERSATION || messages.stream().mapToLong(m -> m.content().length()).sum() > LONG_TEXT
                    ? new InvalidRequestException("the conversation is too long for the model's chat template (" + line(e)
                            + "): send fewer or shorter messages", e)
                    : new UnsupportedModelException("the chat template fails: " + line(e) + "; write the prompt yourself and send it raw",
                    e);
            case FAULT -> new UnsupportedModelException("the chat template fails: " + line(e)
                    + "; write the prompt yourself and send it raw", e);
            case INTERRUPTED -> new CancelledException("writing the conversation was cancelled: its thread was interrupted", e);
        };
    }

    private Template template() {
        if (parsed == null) {
            try {
                parsed = Template.parse(source.get());
            } catch (JinjaException e) {
                throw new UnsupportedModelException("the chat template cannot be used: " + line(e)
                        + "; write the prompt yourself and send it raw", e);
            }
        }
        return parsed;
    }

    private static String line(JinjaException e) {
        return String.join(" ", e.getMessage().lines().toList());
    }
}
