package org.waterspout.model.text.jinja;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.waterspout.model.text.jinja.Values.Callable;
import org.waterspout.model.text.jinja.Values.Undefined;

/** The functions Transformers gives every template, and the {@code loop} of a loop. */
final class Functions {

    private static final int LONGEST_RANGE = 100_000;

    private Functions() { }

    static Map<String, Object> globals(Clock clock) {
        Map<String, Object> globals = new HashMap<>();
        globals.put("raise_exception", (Callable) with -> {
            throw JinjaException.raisedByTemplate(Values.print(
                    with.of("raise_exception").only(1, "message").required(0, "message")).string());
        });
        globals.put("strftime_now", (Callable) with -> Text.of(time(
                with.of("strftime_now").only(1, "format").string(0, "format"), ZonedDateTime.now(clock))));
        globals.put("namespace", (Callable) with -> new Values.Namespace(named("namespace", with), true));
        globals.put("dict", (Callable) with -> {
            Map<Object, Object> dict = new LinkedHashMap<>();
            named("dict", with).forEach((name, value) -> dict.put(Text.of(name), value));
            return dict;
        });
        globals.put("range", (Callable) with -> range(with.of("range").only(3)));
        return globals;
    }

    /** What a mapping and names give, the names last. */
    private static Map<String, Object> named(String callee, Parameters with) {
        Map<String, Object> named = new LinkedHashMap<>();
        if (!with.positional().isEmpty()) {
            if (with.positional().size() > 1 || !(with.positional().getFirst() instanceof Map<?, ?> map)) {
                throw new JinjaException(callee + " takes names with values, or a mapping");
            }
            map.forEach((key, value) -> named.put(Values.text(key).string(), value));
        }
        named.putAll(with.named());
        return named;
    }

    private static List<Object> range(Parameters with) {
        Object first = with.required(0, "stop");
        boolean one = with.positional().size() == 1;
        long start = one ? 0 : Values.index(first);
        long stop = one ? Values.index(first) : Values.index(with.required(1, "stop"));
        long step = Values.index(with.get(2, "step", 1L));
        if (step == 0) {
            throw new JinjaException("a range's step is 0");
        }
        if (Math.abs((stop - start) / step) > LONGEST_RANGE) {
            throw JinjaException.limit("a range of more than " + LONGEST_RANGE);
        }
        with.budget().looked(Math.abs((stop - start) / step));
        List<Object> numbers = new ArrayList<>();
        for (long i = start; step > 0 ? i < stop : i > stop; i += step) {
            numbers.add(i);
        }
        return numbers;
    }

    /** The time as C's strftime writes it in the C locale. */
    private static String time(String format, ZonedDateTime now) {
        StringBuilder text = new StringBuilder();
        Budget.requireLength(format.length() * 16L);
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                text.append(c);
                continue;
            }
            char code = format.charAt(++i);
            boolean bare = code == '-' && i + 1 < format.length();
            String part = part(bare ? format.charAt(++i) : code, now);
            text.append(bare && part.length() > 1 && part.startsWith("0") ? part.replaceFirst("^0+(?=.)", "") : part);
        }
        return text.toString();
    }

    private static String part(char code, ZonedDateTime now) {
        String pattern = switch (code) {
            case 'd' -> "dd";
            case 'm' -> "MM";
            case 'Y' -> "uuuu";
            case 'y' -> "uu";
            case 'B' -> "MMMM";
            case 'b' -> "MMM";
            case 'A' -> "EEEE";
            case 'a' -> "EEE";
            case 'H' -> "HH";
            case 'I' -> "hh";
            case 'M' -> "mm";
            case 'S' -> "ss";
            case 'p' -> "a";
            case 'j' -> "DDD";
            case 'F' -> "uuuu-MM-dd";
            case 'T' -> "HH:mm:ss";
            case '%' -> "'%'";
            default -> throw new JinjaException("strftime_now does not know %" + code);
        };
        // the C locale's names are those of the United States: "Sep" and "AM", where other English has "Sept" and "am"
        return DateTimeFormatter.ofPattern(pattern, Locale.US).format(now);
    }

    static Values.Namespace loop(List<Object> items, int index) {
        int length = items.size();
        Map<String, Object> loop = new HashMap<>();
        loop.put("index", index + 1L);
        loop.put("index0", (long) index);
        loop.put("revindex", (long) (length - index));
        loop.put("revindex0", length - index - 1L);
        loop.put("first", index == 0);
        loop.put("last", index == length - 1);
        loop.put("length", (long) length);
        loop.put("previtem", index > 0 ? items.get(index - 1) : new Undefined("loop.previtem"));
        loop.put("nextitem", index + 1 < length ? items.get(index + 1) : new Undefined("loop.nextitem"));
        loop.put("cycle", (Callable) with -> {
            if (with.positional().isEmpty()) {
                throw new JinjaException("loop.cycle needs values");
            }
            return with.positional().get(index % with.positional().size());
        });
        return new Values.Namespace(loop, false);
    }
}
