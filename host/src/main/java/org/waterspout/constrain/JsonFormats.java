package org.waterspout.constrain;

import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What the keyword {@code format} of JSON Schema asks of a string. Each allows only what is of the format, some not all of it: the
 * documentation says which.
 */
final class JsonFormats {

    private static final String DATE = "(?:\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)"
            + "|02-(?:0[1-9]|1\\d|2[0-8]))|(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";
    private static final String TIME = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|\\+(?:0\\d|1[0-7]):[0-5]\\d"
            + "|-(?:0[1-9]|1[0-7]):[0-5]\\d|-00:(?:0[1-9]|[1-5]\\d))";
    private static final String DAYS = "(?:\\d{1,9}D)";
    private static final String MONTHS = "(?:\\d{1,9}M" + DAYS + "?)";
    private static final String SECONDS = "(?:\\d{1,9}S)";
    private static final String MINUTES = "(?:\\d{1,9}M" + SECONDS + "?)";
    private static final String CLOCK = "(?:T(?:\\d{1,9}H" + MINUTES + "?|" + MINUTES + "|" + SECONDS + "))";
    private static final String BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private static final String GROUP = "[0-9a-fA-F]{1,4}";
    private static final String LABEL = "[a-zA-Z0-9]{1,30}(?:-[a-zA-Z0-9]{1,30})?";
    private static final String LAST_LABEL = "[a-zA-Z]{2,20}";
    private static final String DOMAIN = "(?:" + LABEL + "\\.){1,2}" + LAST_LABEL;
    private static final String IN_PATH = "(?:[a-zA-Z0-9._~!$&'()*+,;=:@-]|%[0-9a-fA-F]{2})";

    private static final Map<String, String> EXPRESSIONS = Map.ofEntries(
            Map.entry("date", DATE),
            Map.entry("time", TIME),
            Map.entry("date-time", DATE + "T" + TIME),
            Map.entry("duration", "P(?:(?:\\d{1,9}Y" + MONTHS + "?|" + MONTHS + "|" + DAYS + ")" + CLOCK + "?|" + CLOCK + "|\\d{1,9}W)"),
            Map.entry("uuid", "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
            Map.entry("ipv4", BYTE + "(?:\\." + BYTE + "){3}"),
            Map.entry("ipv6", ipv6()),
            Map.entry("hostname", "(?:" + LABEL + "\\.){0,2}" + LAST_LABEL),
            Map.entry("email", "[a-zA-Z0-9_+-]{1,30}(?:\\.[a-zA-Z0-9_+-]{1,30})?@" + DOMAIN),
            Map.entry("uri", "https?://" + DOMAIN + "(?::[1-9]\\d{0,3})?(?:/" + IN_PATH + "*)*(?:\\?(?:" + IN_PATH + "|[/?])*)?(?:#(?:"
            + IN_PATH + "|[/?])*)?"));

    private JsonFormats() {
    }

    /** Eight groups, or fewer and once {@code ::} (RFC 4291), without an IPv4 address at the end. */
    private static String ipv6() {
        StringBuilder all = new StringBuilder("(?:" + GROUP + ":){7}" + GROUP + "|::|::" + GROUP + "(?::" + GROUP + "){0,6}");
        for (int before = 1; before <= 7; before++) {
            all.append("|").append(GROUP).append("(?::").append(GROUP).append("){").append(before - 1).append("}::");
            if (before < 7) {
                all.append("(?:").append(GROUP).append("(?::").append(GROUP).append("){0,").append(6 - before).append("})?");
            }
        }
        return all.toString();
    }

    /** The texts of a format; empty where it is not known. */
    static Optional<GrammarExpression> texts(String name) {
        return Optional.ofNullable(EXPRESSIONS.get(name)).map(expression -> RegexReader.whole("the format " + name, expression));
    }

    static String names() {
        return EXPRESSIONS.keySet().stream().sorted().collect(Collectors.joining(", "));
    }
}
