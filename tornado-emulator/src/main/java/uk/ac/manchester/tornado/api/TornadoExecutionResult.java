package uk.ac.manchester.tornado.api;

import org.waterspout.emulator.PlanExecutor;

/** What one execution left on the device, and how long it took. */
public class TornadoExecutionResult {
    private final PlanExecutor executor;
    private final TornadoProfilerResult profilerResult;

    TornadoExecutionResult(PlanExecutor executor, TornadoProfilerResult profilerResult) {
        this.executor = executor;
        this.profilerResult = profilerResult;
    }

    public TornadoProfilerResult getProfilerResult() {
        return profilerResult;
    }

    /** Copies arrays from the device now. */
    public TornadoExecutionResult transferToHost(Object... objects) {
        executor.transferToHost(objects);
        return this;
    }

    /** Copies a part of an array from the device now. */
    public TornadoExecutionResult transferToHost(DataRange dataRange) {
        executor.transferToHost(dataRange);
        return this;
    }

    /** Always true: the emulator returns from execute when all is done. */
    public boolean isReady() {
        return true;
    }
}
