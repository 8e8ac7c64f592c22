package org.waterspout.model.text.jinja;

import java.util.List;
import java.util.Map;

/**
 * What a filter, test or method was called with, taken by place or by name.
 *
 * @param budget what the work counts against
 */
record Parameters(String callee, List<Object> positional, Map<String, Object> named, Budget budget) {

    static final Object MISSING = new Object();

    /** The argument at {@code place} or called {@code name}, else {@code otherwise}. */
    Object get(int place, String name, Object otherwise) {
        if (place < positional.size()) {
            return positional.get(place);
        }
        return named.containsKey(name) ? named.get(name) : otherwise;
    }

    boolean has(int place, String name) {
        return get(place, name, MISSING) != MISSING;
    }

    Object required(int place, String name) {
        Object value = get(place, name, MISSING);
        if (value == MISSING) {
            throw new JinjaException(callee + " needs the argument '" + name + "'");
        }
        return value;
    }

    Text text(int place, String name) {
        return Values.text(required(place, name));
    }

    String string(int place, String name) {
        return text(place, name).string();
    }

    /** A string, or null if it is none or absent. */
    String optionalString(int place, String name) {
        Object value = get(place, name, null);
        return value == null ? null : Values.text(value).string();
    }

    boolean flag(int place, String name) {
        return Values.truth(get(place, name, false));
    }

    /** Refuses arguments beyond those that are understood. */
    Parameters only(int places, String... names) {
        if (positional.size() > places) {
            throw new JinjaException(callee + " takes " + places + " arguments, not " + positional.size());
        }
        for (String name : named.keySet()) {
            if (!List.of(names).contains(name)) {
                throw new JinjaException(callee + " has no argument '" + name + "'");
            }
        }
        return this;
    }

    /** The same for another function. */
    Parameters of(String other) {
        return new Parameters(other, positional, named, budget);
    }

    /** The arguments from {@code place} on. */
    Parameters from(int place) {
        return new Parameters(callee, positional.subList(Math.min(place, positional.size()), positional.size()), named, budget);
    }
}
