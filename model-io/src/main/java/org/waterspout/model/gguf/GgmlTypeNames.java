package org.waterspout.model.gguf;

import java.util.Map;

/** Names of ggml's tensor types that Waterspout does not read, for messages (ggml.h, {@code enum ggml_type}). */
final class GgmlTypeNames {

    /** 64-bit floats, which are read, but as 32-bit ones. */
    static final int F64 = 28;

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(9, "Q8_1"), Map.entry(15, "Q8_K"), Map.entry(16, "IQ2_XXS"), Map.entry(17, "IQ2_XS"),
            Map.entry(18, "IQ3_XXS"), Map.entry(19, "IQ1_S"), Map.entry(21, "IQ3_S"),
            Map.entry(22, "IQ2_S"), Map.entry(24, "I8"), Map.entry(25, "I16"),
            Map.entry(26, "I32"), Map.entry(27, "I64"), Map.entry(29, "IQ1_M"),
            Map.entry(34, "TQ1_0"), Map.entry(35, "TQ2_0"), Map.entry(39, "MXFP4"),
            Map.entry(40, "NVFP4"), Map.entry(41, "Q1_0"));

    private GgmlTypeNames() {
    }

    static String name(int id) {
        String name = NAMES.get(id);
        return name == null ? "the unknown type " + Integer.toUnsignedString(id) : name;
    }
}
