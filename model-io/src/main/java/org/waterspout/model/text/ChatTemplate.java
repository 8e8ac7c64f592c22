package org.waterspout.model.text;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.text.jinja.JinjaException;
import org.waterspout.model.text.jinja.Template;

/**
 * How a model wants a conversation written: a Jinja template from its file. The text is the one Transformers'
 * apply_chat_template gives; special tokens stand in it by name, so it is encoded with them parsed. A template comes from
 * whoever made the file, so it reaches nothing but the conversation and is stopped when it takes too many steps or too much
 * space.
 * Safe to use from several threads.
 */
public final class ChatTemplate {

    private static final String KEY = "tokenizer.chat_template";

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
     * @throws InvalidRequestException   if the template refuses this conversation; the message is its own
     * @throws UnsupportedModelException if the template is no Jinja, uses a part of Jinja that is not built, or fails
     * @throws ModelFormatException      if the file that holds it is damaged
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
        List<Object> turns = new ArrayList<>();
        for (ChatMessage message : messages) {
            Map<String, Object> turn = new LinkedHashMap<>();
            turn.put("role", message.role());
            turn.put("content", message.content());
            turns.add(turn);
        }
        Map<String, Object> all = new LinkedHashMap<>(constants);
        all.put("messages", turns);
        all.put("add_generation_prompt", addGenerationPrompt);
        all.put("tools", null); // Transformers passes these two always
        all.put("documents", null);
        all.putAll(variables);
        try {
            return template().render(all, clock);
        } catch (JinjaException e) {
            if (e.raised()) {
                throw new InvalidRequestException("the model's chat template refuses this conversation: " + line(e), e);
            }
            throw new UnsupportedModelException("the chat template fails: " + line(e)
                    + "; write the prompt yourself and send it raw", e);
        }
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
