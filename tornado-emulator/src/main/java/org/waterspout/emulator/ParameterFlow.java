package org.waterspout.emulator;

import java.lang.classfile.Attributes;
import java.lang.classfile.CodeElement;
import java.lang.classfile.Instruction;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.*;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Follows a method's parameters through its local variables and operand stack until nothing new is found. Each slot holds a
 * set of parameters, as bits: those its value may be. A long or double takes two slots, both without parameters.
 */
final class ParameterFlow {
    private final KernelAccess accesses;
    private final KernelMethod method;
    private final Access[] found;
    private final List<CodeElement> code;
    private final Map<Label, Integer> labels = new HashMap<>();
    private final Map<Integer, Frame> frames = new HashMap<>();
    private final Deque<Integer> work = new ArrayDeque<>();

    /** The sets in all slots before an instruction. */
    private static final class Frame {
        final long[] locals;
        final long[] stack;
        int depth;

        Frame(int locals, int stack) {
            this.locals = new long[locals];
            this.stack = new long[stack];
        }

        Frame(Frame other) {
            locals = other.locals.clone();
            stack = other.stack.clone();
            depth = other.depth;
        }

        void push(TypeKind kind, long set) {
            for (int slot = 0; slot < kind.slotSize(); slot++) {
                stack[depth++] = kind == TypeKind.REFERENCE ? set : 0;
            }
        }

        long pop() {
            return stack[--depth];
        }

        long pop(TypeKind kind) {
            long set = 0;
            for (int slot = 0; slot < kind.slotSize(); slot++) {
                set |= pop();
            }
            return set;
        }

        /** Adds another frame's sets; says whether that changed anything. */
        boolean merge(Frame other) {
            return merge(locals, other.locals) | merge(stack, other.stack);
        }

        private static boolean merge(long[] into, long[] from) {
            boolean changed = false;
            for (int slot = 0; slot < into.length; slot++) {
                changed |= (from[slot] & ~into[slot]) != 0;
                into[slot] |= from[slot];
            }
            return changed;
        }
    }

    ParameterFlow(KernelAccess accesses, KernelMethod method, Access[] found) {
        this.accesses = accesses;
        this.method = method;
        this.found = found;
        code = method.model().code().orElseThrow().elementList();
    }

    void run() {
        for (int index = 0; index < code.size(); index++) {
            if (code.get(index) instanceof LabelTarget target) {
                labels.put(target.label(), index);
            }
        }
        CodeAttribute sizes = method.model().findAttribute(Attributes.code()).orElseThrow();
        Frame entry = new Frame(sizes.maxLocals(), sizes.maxStack());
        int slot = KernelAccess.isStatic(method) ? 0 : 1;
        MethodTypeDesc type = method.model().methodTypeSymbol();
        for (int parameter = 0; parameter < type.parameterCount(); parameter++) {
            TypeKind kind = TypeKind.from(type.parameterType(parameter));
            if (kind == TypeKind.REFERENCE) {
                entry.locals[slot] = 1L << parameter;
            }
            slot += kind.slotSize();
        }
        reach(0, entry);
        while (!work.isEmpty()) {
            int index = work.poll();
            step(index, new Frame(frames.get(index)));
        }
    }

    private void reach(int index, Frame frame) {
        Frame there = frames.get(index);
        if (there == null) {
            frames.put(index, new Frame(frame));
            work.add(index);
        } else if (there.merge(frame)) {
            work.add(index);
        }
    }

    private void reach(Label label, Frame frame) {
        reach(labels.get(label), frame);
    }

    private void step(int index, Frame frame) {
        boolean goesOn = !(code.get(index) instanceof Instruction instruction) || apply(instruction, frame);
        if (goesOn && index + 1 < code.size()) {
            reach(index + 1, frame);
        }
    }

    /** Applies an instruction; says whether the next one can follow. */
    private boolean apply(Instruction instruction, Frame frame) {
        switch (instruction) {
            case LoadInstruction load -> frame.push(load.typeKind(), frame.locals[load.slot()]);
            case StoreInstruction store -> frame.locals[store.slot()] = frame.pop(store.typeKind());
            case ConstantInstruction constant -> frame.push(constant.typeKind(), 0);
            case InvokeInstruction call -> invoke(call, frame);
            case InvokeDynamicInstruction call -> invokeDynamic(call, frame);
            case FieldInstruction field -> field(field, frame);
            case OperatorInstruction operator -> operator(operator, frame);
            case ConvertInstruction convert -> {
                frame.pop(convert.fromType());
                frame.push(convert.toType(), 0);
            }
            case ArrayLoadInstruction load -> {
                frame.pop();
                touch(frame.pop(), Access.READ);
                frame.push(load.typeKind(), 0);
            }
            case ArrayStoreInstruction store -> {
                touch(frame.pop(store.typeKind()), Access.READ_WRITE);
                frame.pop();
                touch(frame.pop(), Access.WRITE);
            }
            case NewObjectInstruction _ -> frame.push(TypeKind.REFERENCE, 0);
            case NewPrimitiveArrayInstruction _, NewReferenceArrayInstruction _ -> {
                frame.pop();
                frame.push(TypeKind.REFERENCE, 0);
            }
            case NewMultiArrayInstruction array -> {
                frame.depth -= array.dimensions();
                frame.push(TypeKind.REFERENCE, 0);
            }
            case TypeCheckInstruction check -> {
                if (check.opcode() == Opcode.INSTANCEOF) {
                    frame.pop();
                    frame.push(TypeKind.INT, 0);
                }
            }
            case StackInstruction stack -> rearrange(stack.opcode(), frame);
            case BranchInstruction branch -> {
                frame.depth -= operands(branch.opcode());
                reach(branch.target(), frame);
                return branch.opcode() != Opcode.GOTO && branch.opcode() != Opcode.GOTO_W;
            }
            case TableSwitchInstruction choice -> {
                return choose(choice.defaultTarget(), choice.cases(), frame);
            }
            case LookupSwitchInstruction choice -> {
                return choose(choice.defaultTarget(), choice.cases(), frame);
            }
            case ReturnInstruction _, ThrowInstruction _, DiscontinuedInstruction _ -> {
                return false;
            }
            case MonitorInstruction _ -> frame.pop();
            case IncrementInstruction _, NopInstruction _ -> { }
        }
        return true;
    }

    private boolean choose(Label otherwise, List<SwitchCase> cases, Frame frame) {
        frame.pop();
        reach(otherwise, frame);
        cases.forEach(one -> reach(one.target(), frame));
        return false;
    }

    private static int operands(Opcode branch) {
        return switch (branch) {
            case GOTO, GOTO_W -> 0;
            case IF_ICMPEQ, IF_ICMPNE, IF_ICMPLT, IF_ICMPGE, IF_ICMPGT, IF_ICMPLE, IF_ACMPEQ, IF_ACMPNE -> 2;
            default -> 1;
        };
    }

    private void touch(long set, Access access) {
        for (int parameter = 0; parameter < found.length; parameter++) {
            if ((set >> parameter & 1) != 0) {
                found[parameter] = found[parameter].and(access);
            }
        }
    }

    private void invoke(InvokeInstruction call, Frame frame) {
        List<ClassDesc> types = call.typeSymbol().parameterList();
        long references = 0;
        for (int position = types.size() - 1; position >= 0; position--) {
            long set = frame.pop(TypeKind.from(types.get(position)));
            if (set != 0) {
                touch(set, accesses.ofCall(method, call, position));
                references |= set;
            }
        }
        if (call.opcode() != Opcode.INVOKESTATIC) {
            long receiver = frame.pop();
            if (receiver != 0) {
                touch(receiver, accesses.ofCall(method, call, -1));
                references |= KernelAccess.returnsItsReceiver(call) ? receiver : 0;
            }
        }
        pushResult(call.typeSymbol().returnType(), references, frame);
    }

    private void invokeDynamic(InvokeDynamicInstruction call, Frame frame) {
        List<ClassDesc> types = call.typeSymbol().parameterList();
        for (int position = types.size() - 1; position >= 0; position--) {
            touch(frame.pop(TypeKind.from(types.get(position))), Access.READ_WRITE);
        }
        pushResult(call.typeSymbol().returnType(), 0, frame);
    }

    private static void pushResult(ClassDesc type, long set, Frame frame) {
        TypeKind kind = TypeKind.from(type);
        if (kind != TypeKind.VOID) {
            frame.push(kind, set);
        }
    }

    private void field(FieldInstruction field, Frame frame) {
        TypeKind kind = TypeKind.from(field.typeSymbol());
        switch (field.opcode()) {
            case GETSTATIC -> frame.push(kind, 0);
            case GETFIELD -> {
                frame.pop();
                frame.push(kind, 0);
            }
            case PUTSTATIC -> touch(frame.pop(kind), Access.READ_WRITE);
            default -> {
                touch(frame.pop(kind), Access.READ_WRITE);
                frame.pop();
            }
        }
    }

    private static void operator(OperatorInstruction operator, Frame frame) {
        TypeKind kind = operator.typeKind();
        switch (operator.opcode()) {
            case INEG, LNEG, FNEG, DNEG -> { }
            case ARRAYLENGTH -> {
                frame.pop();
                frame.push(TypeKind.INT, 0);
            }
            case LCMP, FCMPL, FCMPG, DCMPL, DCMPG -> {
                frame.pop(kind);
                frame.pop(kind);
                frame.push(TypeKind.INT, 0);
            }
            // A shift takes its distance as an int, whatever it shifts.
            case ISHL, ISHR, IUSHR, LSHL, LSHR, LUSHR -> frame.pop();
            default -> frame.pop(kind);
        }
    }

    /** The instructions that copy or move the topmost slots, by the slots they leave, counted from the top of the old stack. */
    private static void rearrange(Opcode opcode, Frame frame) {
        switch (opcode) {
            case POP -> frame.depth -= 1;
            case POP2 -> frame.depth -= 2;
            case DUP -> replace(frame, 1, 1, 1);
            case DUP_X1 -> replace(frame, 2, 1, 2, 1);
            case DUP_X2 -> replace(frame, 3, 1, 3, 2, 1);
            case DUP2 -> replace(frame, 2, 2, 1, 2, 1);
            case DUP2_X1 -> replace(frame, 3, 2, 1, 3, 2, 1);
            case DUP2_X2 -> replace(frame, 4, 2, 1, 4, 3, 2, 1);
            case SWAP -> replace(frame, 2, 1, 2);
            default -> throw new IllegalArgumentException("Not an instruction that moves slots: " + opcode);
        }
    }

    private static void replace(Frame frame, int taken, int... left) {
        long[] old = Arrays.copyOfRange(frame.stack, frame.depth - taken, frame.depth);
        frame.depth -= taken;
        for (int place : left) {
            frame.stack[frame.depth++] = old[taken - place];
        }
    }
}
