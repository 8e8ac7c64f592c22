package org.waterspout.model.text.characters;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;

/**
 * A regular expression of a tokenizer, as Oniguruma (the tokenizers library's engine) reads it, run by the JDK's engine, which walks
 * runs of one class of characters without recursion. However the expression is made, it ends: what it looks at is counted.
 */
public final class SplitExpression {

    /** Oniguruma's letters, digits and blanks are Unicode's, {@code ^} and {@code $} stand at every line, and only a line feed ends one. */
    private static final int FLAGS = Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE | Pattern.MULTILINE | Pattern.UNIX_LINES;
    private static final int LONGEST = 20_000;

    private final Pattern pattern;
    private final String written;
    private final String source;

    private SplitExpression(Pattern pattern, String written, String source) {
        this.pattern = pattern;
        this.written = written;
        this.source = source;
    }

    /** What a match is told to. */
    public interface Matches {
        void match(int from, int to);
    }

    /** @throws UnsupportedModelException if the expression means something else here than to Oniguruma, or nothing */
    public static SplitExpression of(String expression, String source) {
        if (expression.length() > LONGEST) {
            throw new UnsupportedModelException("an expression of the tokenizer of " + source + " has " + expression.length()
                    + " characters: at most " + LONGEST + " are read");
        }
        try {
            return new SplitExpression(Pattern.compile(new Translation(expression, source).run(), FLAGS), expression, source);
        } catch (PatternSyntaxException | StackOverflowError e) {
            throw refused(expression, source, e);
        }
    }

    private static UnsupportedModelException refused(String expression, String source, Throwable cause) {
        return new UnsupportedModelException("the expression " + Quoted.of(expression) + " of the tokenizer of " + source
                + " is not one that can be run here: use a model with another tokenizer", cause);
    }

    /** Tells {@code matches} each match within {@code text}'s characters {@code from} to {@code to}, as if there were no others. */
    public void find(String text, int from, int to, Effort effort, Matches matches) {
        Matcher matcher = pattern.matcher(new Counted(text, effort)).region(from, to);
        try {
            while (matcher.find()) {
                matches.match(matcher.start(), matcher.end());
            }
        } catch (Spent spent) {
            throw new UnsupportedModelException("the expression " + Quoted.of(written) + " of the tokenizer of " + source
                    + " tries too many ways to cut this text: use a shorter text, or a model with another tokenizer", spent);
        } catch (StackOverflowError deep) {
            throw new InvalidRequestException("the expression " + Quoted.of(written) + " of the tokenizer of " + source
                    + " goes deeper into this text than the thread's stack reaches: put blanks or line breaks into the text, or tokenize"
                    + " it on a thread with a larger stack", deep);
        }
    }

    /** Thrown through the engine. */
    private static final class Spent extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Spent() {
            super(null, null, false, false);
        }
    }

    private record Counted(String text, Effort effort) implements CharSequence {
        @Override
        public char charAt(int index) {
            if (!effort.one()) {
                throw new Spent();
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.substring(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** One expression being rewritten where the two engines differ. */
    private static final class Translation {
        private final String from;
        private final String source;
        private final StringBuilder to = new StringBuilder();
        private int at;
        private int classes;

        Translation(String from, String source) {
            this.from = from;
            this.source = source;
        }

        String run() {
            while (at < from.length()) {
                char c = from.charAt(at);
                if (c == '\\') {
                    escape();
                } else if (c == '[' && from.startsWith("[:", at) && classes > 0) {
                    throw refused(from, source, null); // POSIX brackets: a nested class of letters to the JDK
                } else if (c == '(' && classes == 0 && from.startsWith("(?", at)) {
                    group();
                } else {
                    classes += c == '[' ? 1 : c == ']' && classes > 0 ? -1 : 0;
                    to.append(c);
                    at++;
                    if (c == '}' && classes == 0 && at < from.length() && (from.charAt(at) == '+' || from.charAt(at) == '?')) {
                        throw refused(from, source, null); // to Oniguruma {n}+ repeats the repetition
                    }
                }
            }
            return to.toString();
        }

        private void escape() {
            char c = at + 1 < from.length() ? from.charAt(at + 1) : 0;
            int end = from.indexOf('}', at);
            if ((c == 'p' || c == 'P') && from.startsWith("{", at + 2) && end > 0) {
                property(c, from.substring(at + 3, end));
                at = end + 1;
            } else if (c == 'h') {
                to.append(classes > 0 ? "0-9a-fA-F" : "[0-9a-fA-F]");
                at += 2;
            } else if ("HQEvVNOyYK".indexOf(c) >= 0) { // other meanings, or none
                throw refused(from, source, null);
            } else {
                to.append(from, at, Math.min(from.length(), at + 2));
                at += 2;
                if (c == 'x' || c == 'u') { // \x{1F600}: its brace is no repetition
                    int brace = from.startsWith("{", at) ? from.indexOf('}', at) : -1;
                    if (brace > 0) {
                        to.append(from, at, brace + 1);
                        at = brace + 1;
                    }
                }
            }
        }

        private void property(char letter, String name) {
            boolean not = letter == 'P' ^ name.startsWith("^");
            String bare = name.startsWith("^") ? name.substring(1) : name;
            for (String known : new String[] {bare, "Is" + bare, "Is" + bare.replace("_", "").replace(" ", "")}) {
                String property = (not ? "\\P{" : "\\p{") + known + "}";
                try {
                    Pattern.compile(property, FLAGS);
                    to.append(property);
                    return;
                } catch (PatternSyntaxException unknown) {
                    continue;
                }
            }
            throw refused(from, source, null);
        }

        /** {@code (?m)} lets the dot match line ends, which the JDK calls s. */
        private void group() {
            int end = at + 2;
            while (end < from.length() && "imx-".indexOf(from.charAt(end)) >= 0) {
                end++;
            }
            boolean flags = end > at + 2 && end < from.length() && (from.charAt(end) == ':' || from.charAt(end) == ')');
            to.append("(?");
            if (flags) {
                to.append(from.substring(at + 2, end).toLowerCase(Locale.ROOT).replace('m', 's'));
                at = end;
            } else {
                at += 2;
            }
        }
    }
}
