package org.waterspout.backend.tornado.lowering;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.waterspout.backend.tornado.buffers.DeviceBuffer;
import org.waterspout.backend.tornado.buffers.DeviceBuffer.Life;
import org.waterspout.backend.tornado.launches.Launch;

/**
 * Decides which activations share memory. A buffer that lives within a stage is taken from a pool at the launch that first writes it
 * and given back after the last launch that reads it; stages run one after the other, so all draw from the same pool. A launch
 * never reads and writes one array through two buffers.
 */
final class BufferPlan {

    /** An array of the pool; grows to the largest buffer that is placed in it. */
    private static final class Slot {
        private long floats;
        private boolean taken;
        private final List<DeviceBuffer> tenants = new ArrayList<>();
    }

    private final List<Slot> slots = new ArrayList<>();
    private final Set<DeviceBuffer> lasting = new LinkedHashSet<>();

    private BufferPlan() {
    }

    /** Plans all buffers of {@code stages}; returns the arrays to allocate. Buffers that share are placed in one of them. */
    static List<DeviceBuffer> of(List<List<Launch>> stages) {
        BufferPlan plan = new BufferPlan();
        stages.forEach(plan::addStage);
        List<DeviceBuffer> arrays = new ArrayList<>(plan.lasting);
        for (Slot slot : plan.slots) {
            DeviceBuffer shared = new DeviceBuffer("activations " + arrays.size(), slot.floats, Life.PLAN);
            slot.tenants.forEach(tenant -> tenant.placeIn(shared));
            arrays.add(shared);
        }
        return arrays;
    }

    private void addStage(List<Launch> launches) {
        Map<DeviceBuffer, Integer> lastUse = new HashMap<>();
        for (int i = 0; i < launches.size(); i++) {
            for (DeviceBuffer buffer : launches.get(i).reads()) {
                lastUse.put(buffer, i);
            }
            for (DeviceBuffer buffer : launches.get(i).writes()) {
                lastUse.put(buffer, i);
            }
        }
        Map<DeviceBuffer, Slot> placed = new HashMap<>();
        for (int i = 0; i < launches.size(); i++) {
            List<DeviceBuffer> used = new ArrayList<>(launches.get(i).writes());
            used.addAll(launches.get(i).reads());
            for (DeviceBuffer buffer : used) {
                if (buffer.life() == Life.PLAN) {
                    lasting.add(buffer);
                } else {
                    placed.computeIfAbsent(buffer, this::take);
                }
            }
            for (DeviceBuffer buffer : used) {
                if (placed.containsKey(buffer) && lastUse.get(buffer) == i) {
                    placed.get(buffer).taken = false;
                }
            }
        }
    }

    /** The smallest free array that is large enough, else the largest free one, which grows, else a new one. */
    private Slot take(DeviceBuffer buffer) {
        Slot slot = slots.stream().filter(s -> !s.taken && s.floats >= buffer.count()).min(Comparator.comparingLong(s -> s.floats))
                .or(() -> slots.stream().filter(s -> !s.taken).max(Comparator.comparingLong(s -> s.floats)))
                .orElseGet(() -> {
                    Slot added = new Slot();
                    slots.add(added);
                    return added;
                });
        slot.floats = Math.max(slot.floats, buffer.count());
        slot.taken = true;
        slot.tenants.add(buffer);
        return slot;
    }
}
