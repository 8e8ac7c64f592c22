package org.waterspout.constrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.error.CancelledException;
import org.waterspout.error.InvalidRequestException;

class ConstraintTest {

    /** Of the characters of random grammars; the second has two bytes, the third shares its first byte. */
    private static final String ALPHABET = "a\u00e9\u00e8";
    private static final int LONGEST = 8;

    private final SmallVocabulary vocabulary = new SmallVocabulary("ab", "aa", "\u00e9a", "aaaa", "a\u00e9")
            .with(new byte[] {'a', (byte) 0xc3}).with(new byte[] {(byte) 0xa9, 'a'}).with(new byte[] {(byte) 0xa9, (byte) 0xc3});

    /** A random grammar without left recursion, as text in GBNF; a later rule may be called anywhere, an earlier one behind a character. */
    private static String randomGrammar(Random random) {
        StringBuilder text = new StringBuilder();
        for (int rule = 0; rule < 4; rule++) {
            text.append(rule == 0 ? "root" : "r" + rule).append(" ::= ").append(randomExpression(random, rule, 3)).append('\n');
        }
        return text.toString();
    }

    private static String randomExpression(Random random, int rule, int depth) {
        char character = ALPHABET.charAt(random.nextInt(ALPHABET.length()));
        int later = rule + 1 + random.nextInt(3);
        return switch (depth == 0 ? random.nextInt(4) : random.nextInt(11)) {
            case 0 -> "\"" + character + "\"";
            case 1 -> "[a" + character + "]";
            case 2 -> "\"a" + character + "\"";
            case 3 -> later < 4 ? "r" + later : "\"\"";
            case 4, 5 -> randomExpression(random, rule, depth - 1) + " " + randomExpression(random, rule, depth - 1);
            case 6 -> "(" + randomExpression(random, rule, depth - 1) + " | " + randomExpression(random, rule, depth - 1) + ")";
            case 7 -> "(" + randomExpression(random, rule, depth - 1) + ")" + "*+?".charAt(random.nextInt(3));
            case 8 -> "(" + randomExpression(random, rule, depth - 1) + "){1,2}";
            case 9 -> "\"" + character + "\" " + (random.nextBoolean() ? "root" : "r" + (1 + random.nextInt(3))) + " \"a\"";
            default -> "(\"\" | \"" + character + "\" r" + (1 + random.nextInt(3)) + ")";
        };
    }

    /** All texts of up to {@link #LONGEST} bytes, by the definition: rules grow from nothing until they stay as they are. */
    private static Set<String> language(Grammar grammar) {
        List<Set<String>> known = new ArrayList<>(Collections.nCopies(grammar.rules().size(), Set.of()));
        while (true) {
            List<Set<String>> next = grammar.rules().stream().map(rule -> texts(rule, known)).toList();
            if (next.equals(known)) {
                return next.get(grammar.root());
            }
            Collections.copy(known, next);
        }
    }

    private static Set<String> texts(GrammarExpression expression, List<Set<String>> rules) {
        return switch (expression) {
            case GrammarExpression.Characters characters -> ALPHABET.chars().filter(characters.set()::contains)
                    .mapToObj(Character::toString).collect(Collectors.toSet());
            case GrammarExpression.Text text -> Set.of(text.text());
            case GrammarExpression.Call call -> rules.get(call.rule());
            case GrammarExpression.Choice choice -> choice.alternatives().stream().flatMap(one -> texts(one, rules).stream())
                    .collect(Collectors.toSet());
            case GrammarExpression.Sequence sequence -> {
                Set<String> all = Set.of("");
                for (GrammarExpression part : sequence.parts()) {
                    all = joined(all, texts(part, rules));
                }
                yield all;
            }
            case GrammarExpression.Repeat repeat -> {
                Set<String> part = texts(repeat.part(), rules);
                Set<String> all = new TreeSet<>();
                Set<String> now = Set.of("");
                for (int i = 0; i <= Math.min(repeat.max(), LONGEST) && !(i > repeat.min() && all.containsAll(now)); i++) {
                    if (i >= repeat.min()) {
                        all.addAll(now);
                    }
                    now = joined(now, part);
                }
                yield all;
            }
            case GrammarExpression.Graph graph -> throw new AssertionError("no GBNF makes this");
        };
    }

    private static Set<String> joined(Set<String> first, Set<String> second) {
        return first.stream().flatMap(one -> second.stream().map(one::concat)).filter(text -> bytes(text).length <= LONGEST)
                .collect(Collectors.toSet());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void randomGrammarsAllowExactlyWhatTheirLanguagesHold() {
        int checked = 0;
        for (int seed = 0; seed < 200; seed++) {
            String gbnf = randomGrammar(new Random(seed));
            AnswerForm form;
            try {
                form = AnswerForm.grammar(gbnf);
            } catch (InvalidRequestException refused) {
                assertTrue(refused.getMessage().contains("left recursion") || refused.getMessage().contains("no answer"),
                        refused.getMessage());
                continue;
            }
            Set<String> language = language(form.grammar());
            Constraint constraint = vocabulary.constraint(form);
            for (String text : language) {
                assertTrue(SmallVocabulary.accepts(constraint, text), () -> "seed " + form + " refuses '" + text + "'");
            }
            Set<List<Byte>> beginnings = language.stream().flatMap(text -> IntStream.rangeClosed(0, bytes(text).length)
                    .mapToObj(length -> list(java.util.Arrays.copyOf(bytes(text), length)))).collect(Collectors.toSet());
            checked += compare(constraint, language, beginnings, "seed " + seed + "\n" + gbnf);
        }
        assertTrue(checked > 500, "only " + checked + " beginnings were compared");
    }

    /** Follows every way of up to 3 bytes; what is allowed there must begin a text, and every text's next byte must be allowed. */
    private int compare(Constraint constraint, Set<String> language, Set<List<Byte>> beginnings, String what) {
        Map<List<Byte>, Constraint.Progress> level = new HashMap<>(Map.of(List.of(), constraint.start()));
        int checked = 0;
        for (int length = 0; length <= 3; length++) {
            Map<List<Byte>, Constraint.Progress> next = new HashMap<>();
            for (Map.Entry<List<Byte>, Constraint.Progress> one : level.entrySet()) {
                checked++;
                String text = new String(array(one.getKey()), StandardCharsets.UTF_8);
                assertEquals(language.contains(text) && bytes(text).length == length && !text.contains("\ufffd"), one.getValue().mayEnd(),
                        () -> what + "end after '" + text + "'");
                for (int token = 1; token < vocabulary.size(); token++) {
                    List<Byte> longer = new ArrayList<>(one.getKey());
                    longer.addAll(list(vocabulary.bytes(token)));
                    boolean allowed = one.getValue().allowed().allows(token);
                    if (beginnings.contains(longer)) {
                        assertTrue(allowed, () -> what + "refuses " + longer);
                    } else if (allowed) {
                        int rest = shortestEnd(one.getValue().accept(token));
                        assertTrue(longer.size() + rest > LONGEST, () -> what + "allows " + longer);
                    }
                    if (allowed && longer.size() == length + 1) {
                        next.put(longer, one.getValue().accept(token));
                    }
                }
            }
            level = next;
        }
        return checked;
    }

    /** Bytes that an answer needs to its end, at least. */
    private static int shortestEnd(Constraint.Progress from) {
        ArrayDeque<Constraint.Progress> queue = new ArrayDeque<>(List.of(from));
        ArrayDeque<Integer> lengths = new ArrayDeque<>(List.of(0));
        while (true) {
            Constraint.Progress progress = queue.remove();
            int length = lengths.remove();
            if (progress.mayEnd() || length > LONGEST) {
                return length;
            }
            for (int token : progress.allowed().tokens()) {
                if (token >= 1 && token <= 256) {
                    queue.add(progress.accept(token));
                    lengths.add(length + 1);
                }
            }
        }
    }

    private static List<Byte> list(byte[] bytes) {
        return IntStream.range(0, bytes.length).mapToObj(i -> bytes[i]).toList();
    }

    private static byte[] array(List<Byte> bytes) {
        byte[] array = new byte[bytes.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = bytes.get(i);
        }
        return array;
    }

    @Test
    void tokensThatCutCharactersAreAllowedWhereTheirBytesAre() {
        Constraint constraint = vocabulary.constraint(AnswerForm.choices(List.of("a\u00e9\u00e9a", "a\u00e8")));
        int[] first = constraint.start().allowed().tokens();
        assertArrayEquals(new int[] {1 + 'a', vocabularyToken("a\u00e9"), cut(0)}, first);
        Constraint.Progress inside = constraint.start().accept(cut(0));
        assertArrayEquals(new int[] {1 + 0xa8, 1 + 0xa9, cut(2)}, inside.allowed().tokens());
        Constraint.Progress again = inside.accept(cut(2));
        assertArrayEquals(new int[] {1 + 0xa9, cut(1)}, again.allowed().tokens());
        Constraint.Progress end = again.accept(cut(1));
        assertTrue(end.mustEnd());
        assertArrayEquals(new int[] {SmallVocabulary.END}, end.allowed().tokens());
    }

    private int vocabularyToken(String word) {
        return IntStream.range(257, vocabulary.size()).filter(token -> java.util.Arrays.equals(bytes(word), vocabulary.bytes(token)))
                .findFirst().orElseThrow();
    }

    /** Tokens that end or begin within a character. */
    private int cut(int which) {
        return vocabulary.size() - 3 + which;
    }

    @Test
    void everyCharacterAndNothingElseIsAnyCharacter() {
        Constraint any = vocabulary.constraint(AnswerForm.grammar("root ::= ."));
        for (int point = 0; point <= Character.MAX_CODE_POINT; point += point < 0x3000 ? 1 : 211) {
            if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) {
                assertTrue(SmallVocabulary.accepts(any, Character.toString(point)), Integer.toHexString(point));
            }
        }
        for (int[] wrong : new int[][] {{0xc0, 0x80}, {0xed, 0xa0, 0x80}, {0xf4, 0x90, 0x80, 0x80}, {0xe0, 0x80, 0x80}, {0x80}, {0xff}}) {
            Constraint.Progress progress = any.start();
            boolean refused = false;
            for (int value : wrong) {
                refused |= !progress.allowed().allows(1 + value);
                progress = refused ? progress : progress.accept(1 + value);
            }
            assertTrue(refused, java.util.Arrays.toString(wrong));
        }
    }

    @Test
    void aStateCanBeGoneBackTo() {
        Constraint constraint = vocabulary.constraint(AnswerForm.regex("a(b|c)d"));
        Constraint.Progress kept = constraint.start().accept(1 + 'a');
        Constraint.Progress other = kept.accept(1 + 'b');
        assertArrayEquals(new int[] {1 + 'b', 1 + 'c'}, kept.allowed().tokens());
        assertSame(other.allowed(), kept.accept(1 + 'c').allowed());
        assertThrows(InvalidRequestException.class, () -> kept.accept(1 + 'd'));
        assertThrows(InvalidRequestException.class, () -> kept.accept(SmallVocabulary.END));
        assertThrows(InvalidRequestException.class, () -> kept.accept(-1));
        assertThrows(InvalidRequestException.class, () -> kept.accept(100_000));
    }

    @Test
    void logitsOfOtherTokensBecomeImpossible() {
        TokenMask mask = vocabulary.constraint(AnswerForm.regex("[ab]")).start().allowed();
        float[] logits = new float[vocabulary.size() + 130]; // a model may have more columns than its tokenizer tokens
        mask.apply(logits, 3, logits.length - 3);
        for (int i = 0; i < logits.length; i++) {
            assertEquals(i < 3 || i == 3 + 1 + 'a' || i == 3 + 1 + 'b' ? 0 : Float.NEGATIVE_INFINITY, logits[i], "column " + i);
        }
        assertEquals(2, mask.count());
    }

    @Test
    void aVocabularyThatCannotWriteTheFormIsRefused() {
        TokenTrie letters = new TokenTrie(List.of("a".getBytes(), "bb".getBytes(), new byte[0]), Set.of(2));
        assertThrows(InvalidRequestException.class, () -> new Constraint(AnswerForm.regex("x+"), letters));
        Constraint either = new Constraint(AnswerForm.regex("x|a"), letters);
        assertArrayEquals(new int[] {0}, either.start().allowed().tokens());
        Constraint odd = new Constraint(AnswerForm.regex("bbb"), letters);
        Constraint.Progress stuck = odd.start().accept(1);
        assertThrows(InvalidRequestException.class, stuck::allowed);
    }

    /** Ways to read an answer that double with every character; calls that never end; large counts; deep nesting. */
    @ParameterizedTest
    @ValueSource(strings = {
        "root ::= s\ns ::= \"a\" s \"x\" | \"a\" s \"y\" | \"b\"",
        "root ::= s\ns ::= \"a\" s s | \"a\"",
        "root ::= (\"a\"? \"a\"? \"a\"? \"a\"?){0,40} \"b\"",
        "root ::= ((\"a\"*)*)* ((\"a\"+)+)+",
        "root ::= p | q | r\np ::= \"a\" p \"1\" | \"a\"\nq ::= \"a\" q \"2\" | \"a\" p\nr ::= \"a\" r r q | \"a\""})
    void ambiguousGrammarsTakeBoundedTime(String gbnf) {
        assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            Constraint constraint = vocabulary.constraint(AnswerForm.grammar(gbnf));
            Constraint.Progress progress = constraint.start();
            for (int i = 0; i < 200 && progress.allowed().allows(1 + 'a'); i++) {
                progress = progress.accept(1 + 'a');
            }
            assertFalse(progress.allowed().tokens().length == 0);
        });
    }

    @Test
    void hugeFormsAreRefused() {
        String deep = "(".repeat(5_000) + "a" + ")".repeat(5_000);
        for (String regex : List.of("(((a{1000}){1000}){1000}){1000}", "((((){1000000}){1000000}){1000000}){1000000}", deep,
                "a{2000000}")) {
            assertTimeoutPreemptively(Duration.ofSeconds(60), () -> assertThrows(
                    InvalidRequestException.class, () -> AnswerForm.regex(regex)));
        }
        String many = IntStream.range(0, 60_000).mapToObj(i -> "r" + i + " ::= \"a\"\n").collect(Collectors.joining()) + "root ::= r0";
        assertThrows(InvalidRequestException.class, () -> AnswerForm.grammar(many));
        String chain = IntStream.range(0, 20_000).mapToObj(i -> "r" + i + " ::= r" + (i + 1) + "\n").collect(Collectors.joining())
                + "r20000 ::= \"a\"\nroot ::= r0";
        assertTrue(SmallVocabulary.accepts(vocabulary.constraint(AnswerForm.grammar(chain)), "a"));
    }

    @Test
    void deepRecursionIsFollowed() {
        Constraint constraint = vocabulary.constraint(AnswerForm.grammar("root ::= \"(\" root? \")\""));
        assertTrue(SmallVocabulary.accepts(constraint, "(".repeat(30_000) + ")".repeat(30_000))); // more states than are kept
        assertFalse(SmallVocabulary.accepts(constraint, "(".repeat(500) + ")".repeat(499)));
        assertFalse(SmallVocabulary.accepts(constraint, "(".repeat(500) + ")".repeat(501)));
    }

    @Test
    void manyThreadsShareAConstraint() throws Exception {
        Constraint constraint = vocabulary.constraint(AnswerForm.grammar("root ::= \"(\" (root | [a-z]{0,9})* \")\""));
        List<Callable<String>> tasks = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            int seed = i % 8;
            tasks.add(() -> {
                Constraint.Progress progress = constraint.start();
                Random random = new Random(seed);
                StringBuilder drawn = new StringBuilder();
                for (int n = 0; n < 60 && !progress.mustEnd(); n++) {
                    progress.prepare();
                    int[] allowed = progress.allowed().tokens();
                    int token = allowed[random.nextInt(allowed.length)];
                    drawn.append(token).append(' ');
                    progress = progress.accept(token);
                }
                return drawn.toString();
            });
        }
        Map<Integer, String> first = new HashMap<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<String>> answers = threads.invokeAll(tasks);
            for (int i = 0; i < answers.size(); i++) {
                String answer = answers.get(i).get();
                assertEquals(first.computeIfAbsent(i % 8, seed -> answer), answer);
            }
        }
    }

    @Test
    void anInterruptEndsTheSearch() {
        List<byte[]> words = IntStream.range(0, 70_000).mapToObj(i -> Integer.toString(i, 36).getBytes(StandardCharsets.UTF_8)).toList();
        Constraint constraint = new Constraint(AnswerForm.grammar("root ::= .*"), new TokenTrie(words, Set.of()));
        Constraint.Progress start = constraint.start();
        Thread.currentThread().interrupt();
        try {
            assertThrows(CancelledException.class, start::allowed);
        } finally {
            assertTrue(Thread.interrupted());
        }
        assertEquals(words.size(), start.allowed().count());
    }
}
