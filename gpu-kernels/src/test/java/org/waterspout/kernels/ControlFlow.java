package org.waterspout.kernels;

import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LookupSwitchInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.classfile.instruction.ThrowInstruction;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The instructions of a method and which may follow which; an extra node, the last, stands for the end of the method. */
final class ControlFlow {

    private final List<List<Integer>> next = new ArrayList<>();
    private final int end;

    ControlFlow(CodeModel code) {
        List<Instruction> instructions = new ArrayList<>();
        Map<Label, Integer> labels = new HashMap<>();
        for (CodeElement element : code) {
            if (element instanceof Instruction instruction) {
                instructions.add(instruction);
            } else if (element instanceof LabelTarget target) {
                labels.put(target.label(), instructions.size());
            }
        }
        end = instructions.size();
        for (int i = 0; i < end; i++) {
            next.add(successors(instructions.get(i), i, labels));
        }
        next.add(List.of());
    }

    private List<Integer> successors(Instruction instruction, int index, Map<Label, Integer> labels) {
        return switch (instruction) {
            case BranchInstruction branch when branch.opcode() == Opcode.GOTO || branch.opcode() == Opcode.GOTO_W ->
                    List.of(labels.get(branch.target()));
            case BranchInstruction branch -> List.of(labels.get(branch.target()), index + 1);
            case LookupSwitchInstruction cases -> targets(cases.cases(), cases.defaultTarget(), labels);
            case TableSwitchInstruction cases -> targets(cases.cases(), cases.defaultTarget(), labels);
            case ReturnInstruction _ -> List.of(end);
            case ThrowInstruction _ -> List.of(end);
            default -> List.of(index + 1);
        };
    }

    private static List<Integer> targets(List<SwitchCase> cases, Label otherwise, Map<Label, Integer> labels) {
        List<Integer> targets = new ArrayList<>(cases.stream().map(one -> labels.get(one.target())).toList());
        targets.add(labels.get(otherwise));
        return targets.stream().distinct().toList();
    }

    /** Whether some branch has two arms, up to where they meet again, that each hold a whole loop. */
    boolean loopsInBothArms() {
        List<BitSet> after = postDominators();
        for (int branch = 0; branch < end; branch++) {
            if (next.get(branch).size() < 2) {
                continue;
            }
            BitSet meeting = (BitSet) after.get(branch).clone();
            meeting.set(branch);
            long loops = next.get(branch).stream().filter(arm -> hasLoop(reach(arm, meeting))).count();
            if (loops > 1) {
                return true;
            }
        }
        return false;
    }

    /** For each node the nodes that every way from it to the end passes. */
    private List<BitSet> postDominators() {
        List<BitSet> sets = new ArrayList<>();
        for (int node = 0; node <= end; node++) {
            BitSet set = new BitSet();
            set.set(0, end + 1);
            sets.add(set);
        }
        sets.get(end).clear();
        sets.get(end).set(end);
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int node = end - 1; node >= 0; node--) {
                BitSet set = new BitSet();
                set.set(0, end + 1);
                next.get(node).forEach(successor -> set.and(sets.get(successor)));
                set.set(node);
                if (!set.equals(sets.get(node))) {
                    sets.set(node, set);
                    changed = true;
                }
            }
        }
        return sets;
    }

    private BitSet reach(int from, BitSet stops) {
        BitSet reached = new BitSet();
        Deque<Integer> open = new ArrayDeque<>(List.of(from));
        while (!open.isEmpty()) {
            int node = open.pop();
            if (!stops.get(node) && !reached.get(node)) {
                reached.set(node);
                next.get(node).forEach(open::push);
            }
        }
        return reached;
    }

    /**
     * Whether a way within {@code nodes} returns to where it began: what is left after taking away, again and again, nodes without
     * successors.
     */
    private boolean hasLoop(BitSet nodes) {
        BitSet left = (BitSet) nodes.clone();
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int node = left.nextSetBit(0); node >= 0; node = left.nextSetBit(node + 1)) {
                if (next.get(node).stream().noneMatch(left::get)) {
                    left.clear(node);
                    changed = true;
                }
            }
        }
        return !left.isEmpty();
    }
}
