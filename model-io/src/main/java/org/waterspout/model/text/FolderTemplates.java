package org.waterspout.model.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.waterspout.error.ModelFormatException;
import org.waterspout.model.text.json.TokenizerJson;

/**
 * Chat templates by name as a model folder keeps them; {@value #DEFAULT} is the usual one. As in Transformers, files of their own go
 * before what tokenizer_config.json says: chat_template.jinja and additional_chat_templates/NAME.jinja; where there are none,
 * tokenizer_config.json's chat_template (one, or a list of named ones), then chat_template.json.
 */
final class FolderTemplates {

    static final String DEFAULT = "default";
    private static final String CONFIG = "tokenizer_config.json";

    private FolderTemplates() { }

    static Map<String, String> read(Path folder) {
        Map<String, String> templates = new TreeMap<>();
        Path more = folder.resolve("additional_chat_templates");
        if (Files.isDirectory(more)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(more, "*.jinja")) {
                for (Path file : files) {
                    String name = file.getFileName().toString();
                    templates.put(name.substring(0, name.length() - ".jinja".length()), text(file));
                }
            } catch (IOException e) {
                throw new ModelFormatException(more + " cannot be read", e);
            }
        }
        Path file = folder.resolve("chat_template.jinja");
        if (Files.isRegularFile(file)) {
            templates.put(DEFAULT, text(file));
        }
        for (String name : List.of(CONFIG, "chat_template.json")) {
            if (templates.isEmpty()) {
                add(folder.resolve(name), TokenizerJson.optionalObject(folder, name), templates);
            }
        }
        return templates;
    }

    private static void add(Path file, ObjectNode json, Map<String, String> templates) {
        JsonNode template = json.path("chat_template");
        if (template.isTextual()) {
            templates.put(DEFAULT, template.textValue());
        } else if (template.isArray()) {
            for (JsonNode named : template) {
                if (!named.path("name").isTextual() || !named.path("template").isTextual()) {
                    throw new ModelFormatException(file + ": chat_template holds an element without a name and a template");
                }
                templates.put(named.path("name").textValue(), named.path("template").textValue());
            }
        } else if (!template.isMissingNode() && !template.isNull()) {
            throw new ModelFormatException(file + ": chat_template is neither a text nor a list of named ones");
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new ModelFormatException(file + " is no UTF-8 text", e);
        }
    }
}
