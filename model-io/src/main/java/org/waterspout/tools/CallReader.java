package org.waterspout.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;

/** Makes calls of what a {@link CallScanner} found. */
final class CallReader {

    /**
     * @param calls one at least, or none where it is no call
     * @param fault why it is none; empty where nothing is wrong with it as a text
     */
    record Result(List<ToolCall> calls, String fault) {
    }

    private static final String ID_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int ID_LENGTH = 9;

    private final ToolCallFormat format;
    private final Map<String, Tool> tools;
    private final long seed;
    private int count;

    CallReader(ToolCallFormat format, List<Tool> tools, long seed) {
        this.format = format;
        this.tools = tools.stream().collect(Collectors.toMap(Tool::name, Function.identity()));
        this.seed = seed;
    }

    /** Whether there was a call. */
    boolean hasRead() {
        return count > 0;
    }

    Result read(CallScanner found) {
        try {
            List<ToolCall> calls = new ArrayList<>();
            if (format.payload() == ToolCallFormat.Payload.XML) {
                calls.add(ofXml(found.text()));
            } else {
                JsonNode json = ToolJson.read("a call", found.text());
                if (format.isBare() && !isCall(json)) {
                    return new Result(List.of(), ""); // an answer that is JSON
                }
                if (found.name().isPresent()) {
                    calls.add(call(found.name().get(), json, found.id()));
                } else if (json.isArray()) {
                    json.forEach(one -> calls.add(ofJson(one)));
                } else {
                    calls.add(ofJson(json));
                }
            }
            return new Result(calls, calls.isEmpty() ? "a list of calls is empty" : "");
        } catch (InvalidRequestException broken) {
            return new Result(List.of(), broken.getMessage());
        }
    }

    /** Without a mark, only what names a known tool is a call. */
    private boolean isCall(JsonNode json) {
        return json.isObject() && tools.containsKey(json.path("name").asText()) && (json.has("parameters") || json.has("arguments"));
    }

    private ToolCall ofJson(JsonNode json) {
        JsonNode function = json.path("function").isObject() ? json.path("function") : json;
        if (!function.path("name").isTextual()) {
            throw new InvalidRequestException("a call names no tool: " + Quoted.of(json.toString()));
        }
        JsonNode arguments = function.has("arguments") ? function.get("arguments") : function.path("parameters");
        return call(function.path("name").textValue(), arguments, Optional.ofNullable(json.path("id").textValue()));
    }

    /** @param arguments an object, or the text of one; where there are none, none are meant */
    private ToolCall call(String name, JsonNode arguments, Optional<String> id) {
        JsonNode read = arguments.isTextual() ? ToolJson.read("the arguments of a call of " + Quoted.of(name), arguments.textValue())
                : arguments;
        ToolCall call = new ToolCall(id.filter(text -> !text.isEmpty()).orElseGet(this::id), name,
                read.isMissingNode() || read.isNull() ? "{}" : read.toString());
        count++;
        return call;
    }

    /**
     * As {@code <function=name>\n<parameter=key>\nvalue\n</parameter>...</function>}; a value is a text, or JSON where the tool wants no
     * text.
     */
    private ToolCall ofXml(String text) {
        int begin = text.indexOf("<function=") + "<function=".length();
        int end = text.indexOf(">", begin);
        if (end < 0) {
            throw new InvalidRequestException("a call names no tool: " + Quoted.of(text));
        }
        String name = text.substring(begin, end).strip();
        JsonNode schema = tools.containsKey(name) ? ToolJson.read("parameters", tools.get(name).parameters()).path("properties")
                : ToolJson.object();
        ObjectNode arguments = ToolJson.object();
        int at = text.indexOf("<parameter=", end);
        while (at >= 0) {
            int named = text.indexOf(">", at);
            int next = named < 0 ? -1 : text.indexOf("<parameter=", named);
            int closed = named < 0 ? -1 : text.indexOf("</parameter>", named);
            if (closed < 0 || next >= 0 && next < closed) {
                throw new InvalidRequestException("a parameter of a call of " + Quoted.of(name) + " is not closed");
            }
            String key = text.substring(at + "<parameter=".length(), named).strip();
            arguments.set(key, value(text.substring(named + 1, closed), schema.path(key).path("type")));
            at = next;
        }
        return call(name, arguments, Optional.empty());
    }

    private static JsonNode value(String written, JsonNode type) {
        String text = written.replaceFirst("^\r?\n", "").replaceFirst("\r?\n$", "");
        if (!type.isMissingNode() && !type.asText().equals("string")) {
            try {
                return ToolJson.read("a value", text);
            } catch (InvalidRequestException noJson) {
                return ToolJson.text(text); // as the model wrote it
            }
        }
        return ToolJson.text(text);
    }

    /** Nine letters and digits, the same for the same seed and number of the call. */
    private String id() {
        long bits = seed + 0x9E3779B97F4A7C15L * (count + 1); // SplitMix64 (Steele, Lea, Flood 2014)
        bits = (bits ^ bits >>> 30) * 0xBF58476D1CE4E5B9L;
        bits = (bits ^ bits >>> 27) * 0x94D049BB133111EBL;
        bits ^= bits >>> 31;
        StringBuilder id = new StringBuilder();
        for (int i = 0; i < ID_LENGTH; i++) {
            id.append(ID_CHARACTERS.charAt((int) Long.remainderUnsigned(bits, ID_CHARACTERS.length())));
            bits = Long.divideUnsigned(bits, ID_CHARACTERS.length());
        }
        return id.toString();
    }
}
