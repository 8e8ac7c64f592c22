package org.waterspout.model.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;

/**
 * Reads and checks the header of one safetensors file. Layout (the format's README): 64-bit length of the header, little-endian;
 * the header, JSON; the data, of which every byte belongs to exactly one tensor.
 */
final class SafetensorsHeader {

    // The format allows 100 MB; the largest known, of models in hundreds of shards, are below 1 MB.
    private static final long MAX_HEADER_BYTES = 16L << 20;
    private static final int MAX_NESTING = 8;
    private static final int MAX_DIMENSIONS = 8;
    private static final String METADATA = "__metadata__";
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_NESTING).maxNumberLength(20).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build()).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** Bytes of one number of each type whose numbers are whole bytes. */
    private static final Map<String, Integer> WIDTHS = Map.ofEntries(Map.entry("BOOL", 1), Map.entry("U8", 1), Map.entry("I8", 1),
            Map.entry("F8_E4M3", 1), Map.entry("F8_E5M2", 1), Map.entry("F8_E8M0", 1), Map.entry("I16", 2), Map.entry("U16", 2),
            Map.entry("F16", 2), Map.entry("BF16", 2), Map.entry("I32", 4), Map.entry("U32", 4), Map.entry("F32", 4),
            Map.entry("I64", 8), Map.entry("U64", 8), Map.entry("F64", 8), Map.entry("C64", 8));

    private final Path path;
    private final MemorySegment file;

    private SafetensorsHeader(Path path, MemorySegment file) {
        this.path = path;
        this.file = file;
    }

    /** The tensors of a mapped file, in the order of its data. */
    static List<StoredTensor> read(Path path, MemorySegment file) {
        return new SafetensorsHeader(path, file).read();
    }

    private List<StoredTensor> read() {
        if (file.byteSize() < Long.BYTES) {
            throw corrupt("it has only " + file.byteSize() + " bytes");
        }
        long length = file.get(LONG, 0);
        long rest = file.byteSize() - Long.BYTES;
        if (length < 2 || length > rest) {
            throw corrupt("its header claims " + Long.toUnsignedString(length) + " of " + rest + " bytes");
        }
        if (length > MAX_HEADER_BYTES) {
            throw corrupt("its header claims " + length + " bytes; at most " + MAX_HEADER_BYTES + " make sense");
        }
        long dataBytes = rest - length;
        List<Place> places = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : json(length).properties()) {
            if (entry.getKey().equals(METADATA)) {
                checkMetadata(entry.getValue());
            } else {
                places.add(place(entry.getKey(), entry.getValue(), dataBytes));
            }
        }
        places.sort(Comparator.comparingLong(Place::begin).thenComparingLong(Place::end));
        checkCoverage(places, dataBytes);
        MemorySegment data = file.asSlice(Long.BYTES + length);
        return places.stream().map(place -> new StoredTensor(path, place.name, place.type, place.shape,
                data.asSlice(place.begin, place.end - place.begin))).toList();
    }

    private ObjectNode json(long length) {
        byte[] bytes = file.asSlice(Long.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
        try {
            if (bytes[0] == '{' && JSON.readTree(bytes) instanceof ObjectNode object) {
                return object;
            }
        } catch (JsonProcessingException malformed) {
            throw new ModelFormatException(message("its header is no sound JSON: " + malformed.getOriginalMessage()), malformed);
        } catch (IOException failure) {
            throw new UncheckedIOException("reading from memory", failure);
        }
        throw corrupt("its header is no JSON object");
    }

    /** @param end exclusive; both counted from the start of the data */
    private record Place(String name, String type, List<Integer> shape, long begin, long end) {
    }

    private void checkMetadata(JsonNode node) {
        if (!node.isObject() || node.properties().stream().anyMatch(entry -> !entry.getValue().isTextual())) {
            throw corrupt(METADATA + " is no object of strings");
        }
    }

    private Place place(String name, JsonNode node, long dataBytes) {
        String what = "tensor " + Quoted.of(name);
        if (!node.isObject() || !node.path("dtype").isTextual() || !node.path("shape").isArray()
                || !node.path("data_offsets").isArray() || node.path("data_offsets").size() != 2) {
            throw corrupt(what + " lacks a dtype, a shape or two data_offsets");
        }
        String type = node.path("dtype").textValue();
        List<Integer> shape = shape(what, node.path("shape"));
        long begin = offset(what, node.path("data_offsets").get(0));
        long end = offset(what, node.path("data_offsets").get(1));
        if (begin > end || end > dataBytes) {
            throw corrupt(what + " lies at bytes " + begin + " to " + end + " of " + dataBytes + " bytes of data");
        }
        Integer width = WIDTHS.get(type);
        long count = shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
        // of a type that is not known the length cannot be checked; whoever needs the tensor is told the type
        if (width != null && (count > dataBytes / width || count * width != end - begin)) {
            throw corrupt(what + " of shape " + shape + " and type " + type + " cannot have " + (end - begin) + " bytes");
        }
        return new Place(name, type, shape, begin, end);
    }

    /** Dimensions that fit an int each, as does the product of all but the last, so that the product of all fits a long. */
    private List<Integer> shape(String what, JsonNode array) {
        if (array.size() > MAX_DIMENSIONS) {
            throw corrupt(what + " has " + array.size() + " dimensions; at most " + MAX_DIMENSIONS + " make sense");
        }
        List<Integer> shape = new ArrayList<>();
        long rows = 1;
        for (JsonNode dimension : array) {
            if (!dimension.isInt() || dimension.intValue() < 0) {
                throw corrupt(what + " has a dimension of " + Quoted.of(dimension.toString()));
            }
            rows = shape.isEmpty() ? 1 : rows * shape.getLast();
            if (rows > Integer.MAX_VALUE) {
                throw corrupt(what + " claims more than " + Integer.MAX_VALUE + " rows");
            }
            shape.add(dimension.intValue());
        }
        return shape;
    }

    private long offset(String what, JsonNode node) {
        if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0) {
            throw corrupt(what + " has the offset " + Quoted.of(node.toString()));
        }
        return node.longValue();
    }

    private void checkCoverage(List<Place> places, long dataBytes) {
        long at = 0;
        String previous = "";
        for (Place place : places) {
            if (place.begin < at) {
                throw corrupt("tensors " + Quoted.of(previous) + " and " + Quoted.of(place.name) + " overlap");
            }
            if (place.begin > at) {
                throw corrupt("bytes " + at + " to " + place.begin + " of its data belong to no tensor");
            }
            at = place.end;
            previous = place.name;
        }
        if (at < dataBytes) {
            throw corrupt("bytes " + at + " to " + dataBytes + " of its data belong to no tensor");
        }
    }

    private ModelFormatException corrupt(String reason) {
        return new ModelFormatException(message(reason));
    }

    private String message(String reason) {
        return path + " is truncated or corrupt: " + reason + "; get the file again";
    }
}
