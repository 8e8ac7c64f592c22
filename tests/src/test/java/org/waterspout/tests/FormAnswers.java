package org.waterspout.tests;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.waterspout.constrain.AnswerForm;
import org.waterspout.constrain.Constraint;
import org.waterspout.constrain.Constraints;
import org.waterspout.model.text.Tokenizer;

/** Forms of many kinds, each with an answer as a model writes it: what it costs to restrict the tokens is measured along it. */
enum FormAnswers {

    RECORD("""
            {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0, "maximum": 130},
             "email": {"type": "string", "format": "email"}, "active": {"type": "boolean"}}, "required": ["name", "age"]}""", """
            {"name": "Ada Lovelace, Countess", "age": 36, "email": "ada.lovelace@example.org", "active": true}"""),
    NESTED("""
            {"$defs": {"item": {"type": "object", "properties": {"title": {"type": "string"}, "price": {"type": "number", "minimum": 0},
             "tags": {"type": "array", "items": {"enum": ["new", "used", "sale"]}}}, "required": ["title", "price"]}}, "type": "object",
             "properties": {"order": {"type": "array", "items": {"$ref": "#/$defs/item"}, "minItems": 1}, "note": {"type": ["string", \
            "null"]}},
             "required": ["order"]}""", """
            {
              "order": [
                {"title": "A blue bicycle", "price": 249.99, "tags": ["used", "sale"]},
                {"title": "Two lights", "price": 12.5}
              ],
              "note": null
            }"""),
    BOUNDED_TEXT("""
            {"type": "object", "properties": {"summary": {"type": "string", "minLength": 20, "maxLength": 400}}, "required": \
            ["summary"]}""", """
            {"summary": "The committee met on Tuesday; it agreed to repair the bridge before winter, and to ask three firms \
            for their prices."}"""),
    FORMATS("""
            {"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}, "at": {"type": "string", "format": "date-time"},
             "host": {"type": "string", "format": "ipv4"}, "code": {"type": "string", "pattern": "^[A-Z]{2}-\\\\d{4,6}(-[a-z]+)?$"}},
             "required": ["id", "at", "host", "code"]}""", """
            {"id": "123e4567-e89b-12d3-a456-426614174000", "at": "2026-03-01T08:30:00Z", "host": "192.168.10.254", \
            "code": "DE-20455-hh"}"""),
    NUMBERS("""
            {"type": "array", "items": {"type": "number", "exclusiveMinimum": -273.15, "maximum": 1e6, "multipleOf": 0.01}, "maxItems": \
            40}""",
            "[21.5, -40.25, 0, 999999.99, 3.14, 100, -273.14, 12.01]"),
    CALL("""
            {"anyOf": [{"type": "object", "properties": {"name": {"const": "get_weather"}, "arguments": {"type": "object", "properties": \
            {"city":
             {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}}, "required": ["city"], "additionalProperties": false}}, \
            "required":
             ["name", "arguments"], "additionalProperties": false}, {"type": "object", "properties": {"name": {"const": "get_time"}, \
            "arguments":
             {"type": "object", "properties": {"zone": {"type": "string", "maxLength": 40}}, "required": ["zone"], \
            "additionalProperties": false}},
             "required": ["name", "arguments"], "additionalProperties": false}]}""", """
            {"name": "get_time", "arguments": {"zone": "America/Argentina/Buenos_Aires"}}"""),
    ANY_JSON("true", """
            {"a": [1, 2.5e3, {"b": null, "text": "K\u00f6ln \u2714 \\u00e9 \\"quoted\\""}], "deep": [[[[true]]]]}""");

    private final String schema;
    private final String answer;

    FormAnswers(String schema, String answer) {
        this.schema = schema;
        this.answer = answer;
    }

    /** The form; of another number it is another one, of which nothing is known yet. */
    AnswerForm form(int number) {
        String comment = "{\"$comment\": \"" + number + "\"";
        return AnswerForm.jsonSchema(schema.equals("true") ? comment + "}" : comment + ", " + schema.strip().substring(1));
    }

    int[] answer(Tokenizer tokenizer) {
        return tokenizer.encode(answer, false);
    }

    static Constraints constraints(Tokenizer tokenizer) {
        return new Constraints(tokenizer, Set.copyOf(tokenizer.endTokens()));
    }

    /** Goes along an answer and asks for the tokens that may come at each step; returns how many may come in all. */
    static long walk(Constraint constraint, int[] answer, Optional<List<Long>> nanos) {
        long allowed = 0;
        Constraint.Progress progress = constraint.start();
        for (int token : answer) {
            long begun = CpuTime.ofThread();
            if (!progress.allowed().allows(token)) {
                throw new AssertionError("the answer's token " + token + " is not allowed");
            }
            progress = progress.accept(token);
            long took = CpuTime.ofThread() - begun;
            nanos.ifPresent(all -> all.add(took));
            allowed++;
        }
        if (!progress.mayEnd()) {
            throw new AssertionError("the answer may not end");
        }
        return allowed;
    }
}
