package org.waterspout.model.text.characters;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;

/** Unicode's normalization forms, with the place each character came from. */
public final class UnicodeForm {

    private static final String HIGHEST_CLASS = "\u0345";

    /** Marks in a row that are ordered among themselves: Unicode's stream-safe text has thirty, and the time grows with their square. */
    private static final int LONGEST = 1024;

    private UnicodeForm() { }

    /** A character, and whether it is written beside others (1), instead of one (0), or of more (-n). */
    private record Change(int point, int change) { }

    public static PlacedText normalized(PlacedText text, Normalizer.Form form, Effort effort) {
        String written = text.text();
        if (Normalizer.isNormalized(written, form)) {
            return text;
        }
        boolean compatible = form == Normalizer.Form.NFKC || form == Normalizer.Form.NFKD;
        Normalizer.Form parts = compatible ? Normalizer.Form.NFKD : Normalizer.Form.NFD;
        PlacedText.Rewriting out = new PlacedText.Rewriting(text, 0);
        for (int from = 0; from < written.length();) {
            int to = from + Character.charCount(written.codePointAt(from));
            boolean alone = CharacterKind.isNewer(written.codePointAt(from));
            while (!alone && to < written.length() && to - from < LONGEST && !begins(written.codePointAt(to), parts)) {
                effort.step();
                to += Character.charCount(written.codePointAt(to));
            }
            effort.step();
            String stretch = written.substring(from, to);
            if (Normalizer.isNormalized(stretch, form) || alone) {
                out.copy(to);
            } else {
                List<Change> changes = ordered(stretch, parts, effort);
                if (form != parts) {
                    changes = composed(changes, effort);
                }
                changes.forEach(change -> out.add(change.point, change.change));
            }
            from = to;
        }
        return out.text();
    }

    /** Whether what comes before has no influence on {@code point}. */
    private static boolean begins(int point, Normalizer.Form parts) {
        if (point < 0x300 || CharacterKind.isNewer(point)) {
            return true;
        }
        int first = Normalizer.normalize(Character.toString(point), parts).codePointAt(0);
        return !CharacterKind.isMark(first) && !(first >= 0x1160 && first <= 0x11FF) && combiningClassIsZero(first);
    }

    private static boolean combiningClassIsZero(int point) {
        return point != HIGHEST_CLASS.codePointAt(0)
                && Normalizer.normalize(HIGHEST_CLASS + Character.toString(point), Normalizer.Form.NFD).startsWith(HIGHEST_CLASS);
    }

    private static List<Change> ordered(String stretch, Normalizer.Form parts, Effort effort) {
        List<Change> written = new ArrayList<>();
        stretch.codePoints().forEach(point -> {
            int[] decomposed = CharacterKind.isNewer(point) ? new int[] {point}
                    : Normalizer.normalize(Character.toString(point), parts).codePoints().toArray();
            for (int i = 0; i < decomposed.length; i++) {
                written.add(new Change(decomposed[i], i == 0 ? 0 : 1));
            }
        });
        List<Change> ordered = new ArrayList<>();
        for (int point : Normalizer.normalize(stretch, parts).codePoints().toArray()) { // equal ones stay in their order
            int at = 0;
            while (at < written.size() && written.get(at).point != point) {
                effort.step();
                at++;
            }
            if (at < written.size()) {
                ordered.add(written.remove(at));
            }
        }
        ordered.addAll(written);
        return ordered;
    }

    /** The Unicode standard's composition (D117): a mark joins the starter unless one of its own class or above stands between. */
    private static List<Change> composed(List<Change> parts, Effort effort) {
        List<Change> out = new ArrayList<>();
        List<Change> between = new ArrayList<>();
        Change starter = null;
        for (Change part : parts) {
            effort.step();
            boolean zero = combiningClassIsZero(part.point);
            if (starter == null) {
                if (zero) {
                    starter = part;
                } else {
                    out.add(part);
                }
                continue;
            }
            int joined = between.isEmpty() ? joined(starter.point, part.point)
                    : zero ? -1 : joinedAcross(starter.point, between.getLast().point, part.point);
            if (joined >= 0) {
                starter = new Change(joined, starter.change + part.change - 1);
            } else if (zero) {
                out.add(starter);
                out.addAll(between);
                between.clear();
                starter = part;
            } else {
                between.add(part);
            }
        }
        if (starter != null) {
            out.add(starter);
        }
        out.addAll(between);
        return out;
    }

    private static int joined(int first, int second) {
        String joined = Normalizer.normalize(Character.toString(first) + Character.toString(second), Normalizer.Form.NFC);
        return joined.codePointCount(0, joined.length()) == 1 ? joined.codePointAt(0) : -1;
    }

    /** @return -1 if {@code between} blocks the two */
    private static int joinedAcross(int first, int between, int second) {
        int joined = joined(first, second);
        String all = Character.toString(first) + Character.toString(between) + Character.toString(second);
        return joined >= 0 && Normalizer.normalize(all, Normalizer.Form.NFC)
                .equals(Character.toString(joined) + Character.toString(between)) ? joined : -1;
    }
}
