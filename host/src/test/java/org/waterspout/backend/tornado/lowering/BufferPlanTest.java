package org.waterspout.backend.tornado.lowering;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.waterspout.backend.tornado.buffers.DeviceBuffer;
import org.waterspout.backend.tornado.buffers.DeviceBuffer.Life;
import org.waterspout.backend.tornado.buffers.View;
import org.waterspout.backend.tornado.launches.GridCheck;
import org.waterspout.backend.tornado.launches.Launch;

class BufferPlanTest {

    private static Launch launch(List<DeviceBuffer> reads, DeviceBuffer write) {
        return new Launch("test", 4, rows -> rows, reads, List.of(write), List.of(), (graph, task, context, step) -> { });
    }

    private static DeviceBuffer buffer(String name, long floats) {
        return new DeviceBuffer(name, floats, Life.STAGE);
    }

    @Test
    void aBufferIsReusedAfterItsLastReaderAndNotBefore() {
        DeviceBuffer a = buffer("a", 10);
        DeviceBuffer b = buffer("b", 20);
        DeviceBuffer c = buffer("c", 15);
        List<DeviceBuffer> arrays = BufferPlan.of(List.of(List.of(launch(List.of(), a), launch(List.of(a), b), launch(List.of(b), c))));
        arrays.forEach(DeviceBuffer::allocate);
        assertEquals(2, arrays.size());
        assertNotSame(a.array(), b.array(), "a launch reads the one and writes the other");
        assertSame(a.array(), c.array());
        assertEquals(List.of(15L, 20L), arrays.stream().map(DeviceBuffer::count).toList());
    }

    @Test
    void whatOutlivesItsStageSharesWithNothing() {
        DeviceBuffer kept = new DeviceBuffer("kept", 10, Life.PLAN);
        DeviceBuffer b = buffer("b", 10);
        DeviceBuffer c = buffer("c", 10);
        List<DeviceBuffer> arrays = BufferPlan.of(List.of(List.of(launch(List.of(), kept)), List.of(launch(List.of(), b)),
                List.of(launch(List.of(kept), c))));
        arrays.forEach(DeviceBuffer::allocate);
        assertEquals(2, arrays.size());
        assertNotSame(kept.array(), c.array());
        assertSame(b.array(), c.array(), "stages draw from one pool");
    }

    @Test
    void gridsThatTornadoVmWouldPassOverAreRefused() {
        assertThrows(IllegalStateException.class, () -> GridCheck.check("kernel", 100, 64, 4096));
        assertThrows(IllegalStateException.class, () -> GridCheck.check("kernel", 8192, 8192, 4096));
        assertThrows(IllegalStateException.class, () -> GridCheck.check("kernel", 0, 64, 4096));
        GridCheck.check("kernel", 128, 64, 4096);
        assertEquals(12, launch(List.of(), buffer("a", 1)).global(9), "whole groups");
        assertEquals(4, launch(List.of(), buffer("a", 1)).global(0), "at least one");
        View view = new View(buffer("b", 20), 10, 4, 6);
        GridCheck.check("view", view, 2);
        assertThrows(IllegalStateException.class, () -> GridCheck.check("view", view, 3));
    }
}
