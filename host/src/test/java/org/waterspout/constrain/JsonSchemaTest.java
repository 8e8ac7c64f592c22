package org.waterspout.constrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.error.InvalidRequestException;

class JsonSchemaTest {

    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final JsonSchemaFactory VALIDATORS = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);

    private final SmallVocabulary vocabulary = new SmallVocabulary("{\"", "\":", "\": \"", "\",", "\", \"", "\"}", "\"},", "}}", "]]",
            "[[", "[{", "},{", "a", "true", "false", "null", "tr", "12", "00", "1.", ".5", "-1", "e1", "name", "\\u", "\\\"", "\\ud83d",
            "\\ude00", "d800", "\u00e9", "\u4e16\u754c", "\ud83d\ude00", "\n ", "  ", "20", "-0", "02-2", "T1", ":0")
            .with(new byte[] {'"', (byte) 0xe4, (byte) 0xb8}).with(new byte[] {(byte) 0x96, '"'})
            .with(new byte[] {(byte) 0xf0, (byte) 0x9f});

    private Constraint constraint(String schema) {
        return vocabulary.constraint(AnswerForm.jsonSchema(schema));
    }

    /** Draws whole answers under the masks; the validator finds nothing wrong with any. */
    private int drawn(String schema, int answers, int seed) throws Exception {
        Constraint constraint = constraint(schema);
        JsonSchema validator = VALIDATORS.getSchema(JSON.readTree(schema));
        Random random = new Random(seed);
        for (int i = 0; i < answers; i++) {
            String answer = vocabulary.draw(constraint, random, random.nextInt(60));
            JsonNode value;
            try {
                value = JSON.readTree(answer);
            } catch (com.fasterxml.jackson.core.JsonProcessingException broken) {
                throw new AssertionError(schema + "\ngave what is no JSON: " + answer, broken);
            }
            Set<ValidationMessage> wrong = validator.validate(value, context ->
                    context.getExecutionConfig().setFormatAssertionsEnabled(true));
            assertTrue(wrong.isEmpty(), () -> schema + "\ngave " + answer + "\nof which is said " + wrong);
            assertTrue(SmallVocabulary.accepts(constraint, answer), () -> "other tokens of the same text are refused: " + answer);
        }
        return answers;
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "true", "{}",
        "{'type':'object','properties':{'name':{'type':'string','maxLength':5},'age':{'type':'integer','minimum':0,'maximum':150}},"
        + "'required':['name']}",
        "{'type':'object','properties':{'b':{'type':'null'},'a':{'type':'boolean'},'c':{'enum':[1,'x',null,{'k':[1,2.50]}]}},"
            + "'required':['a','z'],'additionalProperties':{'type':'integer'}}",
        "{'type':'object','additionalProperties':false}",
        "{'type':'object','properties':{'a':{},'ab':{},'\u00e9\\\"\\n':{}},'additionalProperties':{'const':7}}",
        "{'type':'array','items':{'type':'array','items':{'type':'integer'},'minItems':1,'maxItems':3},'minItems':2}",
        "{'type':'array','prefixItems':[{'type':'string'},{'type':'boolean'}],'items':false}",
        "{'type':'array','prefixItems':[{'const':'a'}],'items':{'type':'null'},'minItems':3,'maxItems':4}",
        "{'$ref':'#/$defs/node','$defs':{'node':{'type':'object','properties':{'v':{'type':'integer'},"
        + "'next':{'anyOf':[{'$ref':'#/$defs/node'},{'type':'null'}]},'all':{'type':'array','items':{'$ref':'#'}}},'required':['v'],"
        + "'additionalProperties':false}}}",
        "{'anyOf':[{'type':'string','format':'date'},{'type':'integer','exclusiveMinimum':-5,'exclusiveMaximum':5}]}",
        "{'oneOf':[{'type':'object','properties':{'kind':{'const':'a'},'x':{'type':'integer'}},'required':['kind']},"
            + "{'type':'object','properties':{'kind':{'const':'b'},'y':{'type':'string'}},'required':['kind','y']}]}",
        "{'allOf':[{'properties':{'a':{'type':'integer','minimum':3}},'required':['a']},{'properties':{'a':{'maximum':9},"
        + "'b':{'type':'null'}},'additionalProperties':false}],'type':'object'}",
        "{'type':['integer','null','string'],'minimum':-12,'maxLength':2}",
        "{'type':'number','minimum':0.25,'exclusiveMaximum':10.5}", "{'type':'number','exclusiveMinimum':-1.05,'maximum':-0.3}",
        "{'type':'number','minimum':-3,'maximum':3}", "{'type':'number','multipleOf':0.01,'minimum':0}", "{'type':'number','maximum':0}",
        "{'type':'number','minimum':99999999999999999999}", "{'type':'integer','multipleOf':7}",
        "{'type':'integer','minimum':0,'multipleOf':25}", "{'type':'integer','minimum':-105,'maximum':1000,'multipleOf':15}",
        "{'type':'integer','minimum':1.5}", "{'type':'integer','maximum':-777}",
        "{'type':'string','minLength':3,'maxLength':6}", "{'type':'string','minLength':2}",
        "{'type':'string','pattern':'^[A-Z]{2}-\\\\d+$'}", "{'type':'string','pattern':'b+'}",
        "{'type':'string','pattern':'^(?:\\\\\\\\|[\\\\x00-\\\\x22\u00e9]){1,5}$|^x'}",
        "{'type':'string','format':'date-time'}", "{'type':'string','format':'date'}", "{'type':'string','format':'time'}",
        "{'type':'string','format':'duration'}", "{'type':'string','format':'uuid'}", "{'type':'string','format':'ipv4'}",
        "{'type':'string','format':'ipv6'}", "{'type':'string','format':'hostname'}",
        "{'type':'string','format':'uri'}", "{'type':'object','minProperties':1}",
        "{'type':'object','properties':{'a':{'$ref':'#/$defs/p','description':'x','maximum':3}},'required':['a'],"
        + "'$defs':{'p':{'type':'number','minimum':0}}}"})
    void everyAnswerIsValid(String schema) throws Exception {
        drawn(schema.replace('\'', '"'), 40, 1);
    }

    @Test
    @Tag("slow")
    void everyAnswerToARandomSchemaIsValid() throws Exception {
        int answers = 0;
        for (int seed = 0; seed < 240; seed++) {
            String schema = randomSchema(new Random(seed), 3);
            try {
                AnswerForm.jsonSchema(schema);
            } catch (InvalidRequestException refused) {
                String why = refused.getMessage();
                assertTrue(why.contains("no answer is of the form") || why.contains("is not supported"), why + schema);
                continue;
            }
            answers += drawn(schema, 6, seed);
        }
        assertTrue(answers > 1_000, "only " + answers + " answers were drawn");
    }

    private static String randomSchema(Random random, int depth) {
        int low = random.nextInt(40) - 20;
        int few = random.nextInt(3);
        return switch (random.nextInt(depth == 0 ? 7 : 13)) {
            case 0 -> "{\"type\":\"integer\",\"minimum\":" + low + ",\"maximum\":" + (low + random.nextInt(300)) + "}";
            case 1 -> "{\"type\":\"number\",\"exclusiveMinimum\":" + low / 8.0 + ",\"maximum\":" + (low + random.nextInt(80)) / 8.0 + "}";
            case 2 -> "{\"type\":\"string\",\"minLength\":" + few + ",\"maxLength\":" + (few + random.nextInt(4)) + "}";
            case 3 -> "{\"enum\":[" + low + ",\"" + "abc".substring(few) + "\",null,[true,{\"x\":1.5}]]}";
            case 4 -> "{\"type\":[\"boolean\",\"null\"]}";
            case 5 -> "{\"const\":\"\\\"" + few + "\\u0001\\u00e9\"}";
            case 6 -> "{\"type\":\"string\",\"pattern\":\"" + List.of("^a|b$", "[^a-z]", "^(x{1,3}y)*$").get(few) + "\"}";
            case 7 -> "{\"type\":\"array\",\"items\":" + randomSchema(random, depth - 1) + ",\"minItems\":" + few + ",\"maxItems\":"
                    + (few + 2) + "}";
            case 8 -> "{\"type\":\"array\",\"prefixItems\":[" + randomSchema(random, depth - 1) + "," + randomSchema(random, depth - 1)
                    + "],\"items\":" + (random.nextBoolean() ? "false" : randomSchema(random, depth - 1)) + "}";
            case 9 -> "{\"anyOf\":[" + randomSchema(random, depth - 1) + "," + randomSchema(random, depth - 1) + "]}";
            case 10 -> "{\"allOf\":[" + randomObject(random, depth) + "," + randomObject(random, depth) + "]}";
            default -> randomObject(random, depth);
        };
    }

    private static String randomObject(Random random, int depth) {
        List<String> properties = new ArrayList<>();
        List<String> required = new ArrayList<>();
        for (String name : List.of("a", "ab", "name", "\u00e9", "")) {
            if (random.nextInt(5) < 3) {
                properties.add("\"" + name + "\":" + (random.nextInt(4) > 0 ? "{}" : randomSchema(random, depth - 1)));
            }
            if (random.nextInt(5) < 2) {
                required.add("\"" + name + "\"");
            }
        }
        String additional = List.of("true", "false", "{\"type\":\"integer\"}").get(random.nextInt(3));
        return "{\"type\":\"object\",\"properties\":{" + String.join(",", properties) + "},\"required\":[" + String.join(",", required)
                + "],\"additionalProperties\":" + additional + "}";
    }

    /** What is written as the rules of white space and order say, and valid, is an answer; what is not valid is none. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{'type':'object','properties':{'a':{'type':'integer'},'b':{'type':'string'}},'required':['b']} |"
            + "{'a':1,'b':'x'} ; {'b':''} ; {\\n  'a': 1, 'b': 'x'\\n} ; {'b': 'x', 'c': [null]} ; { 'b':'\\\\u00e9\\\\ud83d\\\\ude00' } |"
            + "{'a':1} ; {} ; {'b':'x','a':1} ; {'b':'\\\\ud83d'} ; {'b':'x',} ; {'a':01,'b':''} ; {'b' :'x'} ; {'b':'x','a':true} ; [] ;"
            + "  {'b':'x'}", "{'type':'number'} | 0 ; -0 ; 1.50 ; 12e5 ; -1E-09 ; 123456789012345 | 01 ; +1 ; .5 ; 1. ; 1e ;"
            + " 1234567890123456 ; NaN ; 0x1", "{'type':'number','minimum':0.25,'exclusiveMaximum':10.5} | 0.25 ; 0.3 ; 0.250 ; 9.99 ;"
            + " 10.499 ; 10 ; 10.4 | 0.2 ; 0 ; 10.5 ; 10.50 ; 11 ; -1", "{'type':'integer','minimum':95,'exclusiveMaximum':1003} | 95 ;"
            + " 99 ; 100 ; 999 ; 1000 ; 1002 | 94 ; 1003 ; 9 ; 10000 ; -96 ; 95.0",
        "{'type':'integer','exclusiveMinimum':-3} | -2 ; 0 ; 999999999999999 | -3 ; -10 ; 10000000000000000000",
        "{'type':'string','minLength':1,'maxLength':2} | 'a' ; '\u4e16\u754c' ; '\\\\ud83d\\\\ude00\\\\n' | '' ; 'abc' ; 'a",
        "{'type':'string','format':'date'} | '2024-02-29' ; '2000-02-29' ; '2023-12-31' | '2023-02-29' ; '1900-02-29' ; '2023-04-31' ;"
        + " '2023-13-01'", "{'type':'string','format':'email'} | 'a.b+c@example.org' ; 'X_1@a-b.c1.museum' | 'a' ; '@b.org' ; 'a@b' ;"
        + " 'a@.org' ; 'a b@c.org' ; 'a.@b.org'", "{'type':'string','pattern':'^a.c$'} | 'abc' ; 'a\\\\\"c' | 'ac' ; 'a\\\\nc' ; 'abcd'",
        "{'enum':['ab','abc',1,true]} | 'ab' ; 'abc' ; 1 ; true | 'a' ; 11 ; 'abcd' ; false",
        "{'type':'array','items':{'type':'null'},'maxItems':2} | [] ; [ ] ; [null] ; [null, null] ; [\\n null\\n] | [null,null,null] ;"
        + " [null ,null] ; [,]", "{'$ref':'#/$defs/l','$defs':{'l':{'type':'array','items':{'$ref':'#/$defs/l'}}}} | [[],[[]]] ;"
        + " [[[[[[]]]]]] | [[[] ; [1] ; []]", "{'properties':{'a':{'type':'null'}}} | 7 ; 'x' ; {'a':null} ; [1, 'a'] ; {'b':7} | {'a':1}"
        + " ; {'b':7,'a':null} ; {'\\\\u0061':1}"}) void answersAreThoseOfTheSchema(String schema, String right, String wrong) {
        Constraint constraint = constraint(schema.replace('\'', '"'));
        for (String text : right.split(" ; ")) {
            assertTrue(SmallVocabulary.accepts(constraint, written(text)), text);
        }
        for (String text : wrong.split(" ; ")) {
            assertFalse(SmallVocabulary.accepts(constraint, written(text)), text);
        }
    }

    private static String written(String text) {
        return text.replace('\'', '"').replace("\\\\", "\\\0").replace("\\n", "\n").replace("\\\0", "\\");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{'type':'object','patternProperties':{}} | 'patternProperties'", "{'not':{}} | 'not'", "{'if':true} | 'if'",
        "{'properties':{'a':{'items':{'contains':true}}}} | '/properties/a/items': the keyword 'contains'",
        "{'nullable':true} | 'nullable'", "{'type':'array','uniqueItems':true} | 'uniqueItems'", "{'format':'iri'} | 'iri'",
        "{'type':'string','pattern':'(?=a)'} | lookahead", "{'type':'string','pattern':'(a)\\\\1'} | references back",
        "{'type':'string','pattern':'a','maxLength':3} | only one kind", "{'$ref':'other.json'} | 'other.json'",
        "{'$ref':'#/$defs/x'} | leads to nothing", "{'$ref':'#'} | leads back to itself", "{'anyOf':[{'$ref':'#'}]} | left recursion",
        "{'oneOf':[{'type':'integer'},{'type':'number'}]} | use anyOf",
        "{'type':'integer','multipleOf':501} | multipleOf", "{'type':'text'} | 'text'",
        "{'type':'object','maxProperties':2} | maxProperties", "{'type':'object','minProperties':2} | minProperties",
        "{'type':'integer','minimum':5,'maximum':4} | no answer is of the form",
        "{'allOf':[{'pattern':'a'},{'pattern':'b'}]} | 'pattern' stands in several parts", "{'a':1,'a':2} | Duplicate",
        "{'type' | no sound JSON", "{'type':'string','const':1} | no answer", "{'enum':['a'],'minLength':1} | beside enum",
        "{'minLength':-1} | minLength", "7 | a schema must be", "{'const':'\\ud800'} | surrogate",
        "{'type':'string','maxLength':900000} | too large", "{'$ref':'#/%zz'} | hexadecimal",
        "{'additionalProperties':{'$id':'x'}} | '$id'", "{'minimum':'3'} | minimum must be", "{'items':[{}]} | prefixItems"})
    void whatIsNotSupportedIsRefusedByName(String schema, String message) {
        String wrong = assertThrows(InvalidRequestException.class, () -> AnswerForm.jsonSchema(schema.replace('\'', '"')))
                .getMessage();
        assertTrue(wrong.contains(message.strip()), wrong);
        assertEquals(1, wrong.lines().count(), wrong);
    }

    @Test
    void hostileSchemasEnd() {
        StringBuilder deep = new StringBuilder();
        for (int i = 0; i < 150; i++) {
            deep.append("{\"items\":");
        }
        String nested = deep + "true" + "}".repeat(150);
        StringBuilder merged = new StringBuilder("{\"$defs\":{\"l0\":{\"properties\":{\"x\":{\"$ref\":\"#/$defs/l0\"}}}");
        for (int i = 1; i < 30; i++) {
            merged.append(",\"l%d\":{\"allOf\":[{\"$ref\":\"#/$defs/l%d\"},{\"$ref\":\"#/$defs/l%d\"}]}".formatted(i, i - 1, i - 1));
        }
        String doubled = merged + "},\"$ref\":\"#/$defs/l29\"}";
        String numbers = "{\"minimum\":1e999999999}";
        for (String schema : List.of(nested, doubled, numbers)) {
            assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
                try {
                    AnswerForm.jsonSchema(schema);
                } catch (InvalidRequestException refused) {
                    assertFalse(refused.getMessage().isBlank());
                }
            });
        }
    }

    @Test
    void anyJsonIsJson() {
        Constraint any = vocabulary.constraint(AnswerForm.json());
        assertTrue(SmallVocabulary.accepts(any, "{\"a\": [1, true, null, \"\\u00e9\"], \"b\": {}}"));
        assertTrue(SmallVocabulary.accepts(any, "[".repeat(2_000) + "]".repeat(2_000)));
        assertFalse(SmallVocabulary.accepts(any, "{\"a\"}"));
    }
}
