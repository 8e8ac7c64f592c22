package org.waterspout.server.openai;

import java.util.Optional;
import org.waterspout.constrain.AnswerForm;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.server.json.Fields;
import org.waterspout.server.json.Refusal;

/** Reads what form an answer has to have. */
final class ResponseFormat {

    private static final String NAME = "[a-zA-Z0-9_-]{1,64}";

    private ResponseFormat() {
    }

    static Optional<AnswerForm> read(Fields body) {
        Optional<Fields> format = body.object("response_format");
        if (format.isEmpty()) {
            return Optional.empty();
        }
        String type = format.get().requiredText("type");
        Optional<AnswerForm> form = switch (type) {
            case "text" -> Optional.empty();
            case "json_object" -> Optional.of(AnswerForm.jsonSchema("{\"type\":\"object\"}"));
            case "json_schema" -> Optional.of(schema(format.get()));
            default -> throw format.get().refusal("type", "is " + Quoted.of(type) + "; it may be text, json_object or json_schema");
        };
        format.get().end();
        return form;
    }

    /** Answers are held to the schema whether {@code strict} says so or not. */
    private static AnswerForm schema(Fields format) {
        Fields described = format.object("json_schema").orElseThrow(() -> format.refusal("json_schema", "is missing"));
        String name = described.requiredText("name");
        if (!name.matches(NAME)) {
            throw described.refusal("name", "is " + Quoted.of(name) + "; it must be 1 to 64 letters, digits, _ and -");
        }
        described.flag("strict", false);
        described.only("description", _ -> false, "would be told to the model, and chat templates have no place for it: write it into a"
                + " message, or leave it out");
        String schema = described.value("schema").orElseThrow(() -> described.refusal("schema", "is missing")).toString();
        described.end();
        try {
            return AnswerForm.jsonSchema(schema);
        } catch (InvalidRequestException wrong) {
            throw Refusal.parameter(described.name("schema"), wrong.getMessage());
        }
    }
}
