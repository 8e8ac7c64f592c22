package org.waterspout.model.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/** A graph of an ONNX file: which node makes a value, and which values are constants. */
final class OnnxGraph {

    // protobuf's own limit
    private static final long MAX_BYTES = Integer.MAX_VALUE;
    private static final int MAX_NESTING = 32;

    private final Path path;
    private final List<NodeProto> nodes;
    private final List<String> outputs = new ArrayList<>();
    private final Set<String> inputs = new LinkedHashSet<>();
    private final Map<String, NodeProto> makers = new HashMap<>();
    private final Map<String, TensorProto> constants = new HashMap<>();

    private OnnxGraph(Path path, GraphProto graph) {
        this.path = path;
        nodes = Unfused.of(graph.getNodeList());
        graph.getInitializerList().forEach(constant -> constants.put(constant.getName(), constant));
        graph.getInputList().stream().map(ValueInfoProto::getName).filter(name -> !constants.containsKey(name)).forEach(inputs::add);
        for (NodeProto node : nodes) {
            checkOrder(node);
            node.getOutputList().forEach(output -> makers.put(output, node));
            if (node.getOpType().equals("Constant") && node.getOutputCount() == 1) {
                attribute(node, "value").filter(AttributeProto::hasT).ifPresent(value -> constants.put(node.getOutput(0), value.getT()));
            }
            // one weight under several names, where a model shares it or two are alike
            if (node.getOpType().equals("Identity") && node.getInputCount() == 1 && node.getOutputCount() == 1
                    && constants.containsKey(node.getInput(0))) {
                constants.putIfAbsent(node.getOutput(0), constants.get(node.getInput(0)));
            }
        }
        graph.getOutputList().stream().map(ValueInfoProto::getName).forEach(outputs::add);
    }

    /** @param file the whole file, mapped; the weights of the graph are slices of it */
    static OnnxGraph read(Path path, MemorySegment file) {
        if (file.byteSize() > MAX_BYTES) {
            throw new UnsupportedModelException(path + " is larger than an ONNX file in one piece can be; use the model's safetensors");
        }
        try {
            CodedInputStream in = UnsafeByteOperations.unsafeWrap(file.asByteBuffer()).newCodedInput();
            in.enableAliasing(true);
            in.setSizeLimit(Integer.MAX_VALUE);
            in.setRecursionLimit(MAX_NESTING);
            ModelProto model = ModelProto.parseFrom(in);
            if (!model.hasGraph() || model.getGraph().getNodeCount() == 0) {
                throw new ModelFormatException(path + " is no ONNX file, or has no graph; get the file again");
            }
            return new OnnxGraph(path, model.getGraph());
        } catch (InvalidProtocolBufferException malformed) {
            throw new ModelFormatException(path + " is truncated, corrupt, or no ONNX file: " + malformed.getMessage().lines().findFirst()
                    .orElse("") + "; get the file again", malformed);
        } catch (IOException failure) {
            throw new UncheckedIOException("reading from memory", failure);
        }
    }

    /** The format wants every value to be made once, before it is used: so a graph has no circle. */
    private void checkOrder(NodeProto node) {
        for (String input : node.getInputList()) {
            if (!input.isEmpty() && !makers.containsKey(input) && !constants.containsKey(input) && !inputs.contains(input)) {
                throw new ModelFormatException(path + ": node " + Quoted.of(node.getName()) + " uses " + Quoted.of(input)
                        + ", which no node before it makes; get the file again");
            }
        }
        for (String output : node.getOutputList()) {
            if (!output.isEmpty() && (makers.containsKey(output) || constants.containsKey(output) || inputs.contains(output))) {
                throw new ModelFormatException(path + ": " + Quoted.of(output) + " is made twice; get the file again");
            }
        }
    }

    /** In an order in which each comes after those it takes values from, as the format wants it. */
    List<NodeProto> nodes() {
        return nodes;
    }

    List<String> outputs() {
        return outputs;
    }

    boolean isInput(String value) {
        return inputs.contains(value);
    }

    boolean isConstant(String value) {
        return constants.containsKey(value);
    }

    /** The node that makes a value, if it is one of this kind. */
    Optional<NodeProto> maker(String value, String... kinds) {
        NodeProto node = makers.get(value);
        return node != null && (kinds.length == 0 || List.of(kinds).contains(node.getOpType())) ? Optional.of(node) : Optional.empty();
    }

    /** Name of the input of a node at a place; empty where it has none there. */
    static String input(NodeProto node, int index) {
        return index < node.getInputCount() ? node.getInput(index) : "";
    }

    static Optional<AttributeProto> attribute(NodeProto node, String name) {
        return node.getAttributeList().stream().filter(attribute -> attribute.getName().equals(name)).findFirst();
    }

    /** Dimensions of a constant, outermost first. */
    List<Long> shape(String constant) {
        return constants.get(constant).getDimsList();
    }

    private static long count(TensorProto tensor) {
        long count = 1;
        for (long length : tensor.getDimsList()) {
            if (length < 0 || length > 0 && count > Long.MAX_VALUE / length) {
                throw new ModelFormatException("initializer " + Quoted.of(tensor.getName()) + " has shape " + tensor.getDimsList()
                        + "; get the file again");
            }
            count *= length;
        }
        return count;
    }

    /** The number a value is, where it is a single constant one. */
    OptionalDouble scalar(String value) {
        TensorProto tensor = constants.get(value);
        if (tensor == null || count(tensor) != 1) {
            return OptionalDouble.empty();
        }
        ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        boolean inline = tensor.hasRawData();
        return switch (TensorProto.DataType.forNumber(tensor.getDataType())) {
            case FLOAT -> inline && raw.remaining() == 4 ? OptionalDouble.of(raw.getFloat())
                    : tensor.getFloatDataCount() == 1 ? OptionalDouble.of(tensor.getFloatData(0)) : OptionalDouble.empty();
            case DOUBLE -> inline && raw.remaining() == 8 ? OptionalDouble.of(raw.getDouble())
                    : tensor.getDoubleDataCount() == 1 ? OptionalDouble.of(tensor.getDoubleData(0)) : OptionalDouble.empty();
            case FLOAT16 -> inline && raw.remaining() == 2 ? OptionalDouble.of(Float.float16ToFloat(raw.getShort()))
                    : OptionalDouble.empty();
            case INT64 -> integers(value).filter(list -> list.size() == 1).map(list -> OptionalDouble.of(list.getFirst()))
                    .orElseGet(OptionalDouble::empty);
            case null, default -> OptionalDouble.empty();
        };
    }

    /** The 64-bit integers a constant value holds. */
    Optional<List<Long>> integers(String value) {
        TensorProto tensor = constants.get(value);
        if (tensor == null || tensor.getDataType() != TensorProto.DataType.INT64_VALUE) {
            return Optional.empty();
        }
        if (!tensor.hasRawData()) {
            return Optional.of(tensor.getInt64DataList());
        }
        ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        List<Long> integers = new ArrayList<>();
        while (raw.remaining() >= Long.BYTES) {
            integers.add(raw.getLong());
        }
        return Optional.of(integers);
    }

    /** Whether a constant holds numbers that may be weights: more than one, and floats. */
    boolean isWeight(String value) {
        TensorProto tensor = constants.get(value);
        return tensor != null && type(tensor).isPresent() && count(tensor) > 1;
    }

    private static Optional<WeightType> type(TensorProto tensor) {
        return switch (TensorProto.DataType.forNumber(tensor.getDataType())) {
            case FLOAT -> Optional.of(WeightType.F32);
            case FLOAT16 -> Optional.of(WeightType.F16);
            case BFLOAT16 -> Optional.of(WeightType.BF16);
            case null, default -> Optional.empty();
        };
    }

    /** A constant as a weight of the given name, with leading dimensions of 1 dropped. */
    Tensor weight(String constant, String name) {
        TensorProto tensor = constants.get(constant);
        String what = path + ": initializer " + Quoted.of(constant);
        if (tensor == null || type(tensor).isEmpty()) {
            throw new UnsupportedModelException(what
                    + " is no constant of float, float16 or bfloat16; use the export that is not quantized");
        }
        if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            throw new UnsupportedModelException(what
                    + " is kept in another file; use the model's safetensors, or an ONNX file in one piece");
        }
        WeightType type = type(tensor).get();
        long count = count(tensor);
        MemorySegment data = data(tensor);
        if (count == 0 || tensor.getDimsList().stream().anyMatch(length -> length > Integer.MAX_VALUE)
                || count > Integer.MAX_VALUE || data.byteSize() != type.bytes(count)) {
            throw new ModelFormatException(what + " of shape " + tensor.getDimsList() + " and type " + type + " has " + data.byteSize()
                    + " bytes; get the file again");
        }
        List<Integer> shape = new ArrayList<>(tensor.getDimsList().stream().map(Long::intValue).toList());
        while (shape.size() > 1 && shape.getFirst() == 1) {
            shape.removeFirst();
        }
        return new Tensor(name, type, shape.isEmpty() ? List.of(1) : shape, data);
    }

    /** A constant as a matrix of the given name, even of one row. */
    Tensor matrix(String constant, String name) {
        Tensor tensor = weight(constant, name);
        List<Long> shape = shape(constant);
        return tensor.shape().size() > 1 || shape.size() < 2 ? tensor
                : new Tensor(name, tensor.type(), List.of(shape.get(shape.size() - 2).intValue(), shape.getLast().intValue()),
                tensor.data());
    }

    private static MemorySegment data(TensorProto tensor) {
        ByteString raw = tensor.getRawData();
        if (tensor.hasRawData() || tensor.getFloatDataCount() == 0) {
            return MemorySegment.ofBuffer(raw.asReadOnlyByteBuffer());
        }
        ByteBuffer floats = ByteBuffer.allocateDirect(tensor.getFloatDataCount() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        tensor.getFloatDataList().forEach(floats::putFloat);
        return MemorySegment.ofBuffer(floats.flip()).asReadOnly();
    }

    /** All values that flow into a value, directly or not, itself included; the given ones, and what is behind them, excluded. */
    Set<String> before(String value, Set<String> stops) {
        Set<String> seen = new HashSet<>();
        List<String> open = new ArrayList<>(List.of(value));
        while (!open.isEmpty()) {
            String next = open.removeLast();
            if (!next.isEmpty() && !stops.contains(next) && seen.add(next)) {
                maker(next).ifPresent(node -> open.addAll(node.getInputList()));
            }
        }
        return seen;
    }

    /** Kinds of all nodes that make the values of {@link #before}. */
    Set<String> kindsBefore(String value, Set<String> stops) {
        Set<String> kinds = new HashSet<>();
        before(value, stops).forEach(each -> maker(each).ifPresent(node -> kinds.add(node.getOpType())));
        return kinds;
    }

    /** That the graph is no encoder of a form that is known, for a reason. */
    UnsupportedModelException refused(String reason) {
        return new UnsupportedModelException(path + " is no encoder that can be read: " + reason
                + "; exports of BERT and models of its form can, for others use safetensors");
    }

    Path path() {
        return path;
    }
}
