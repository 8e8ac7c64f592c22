package uk.ac.manchester.tornado.api;

import org.waterspout.emulator.GraphDescription;
import org.waterspout.emulator.PlanExecutor;

import java.util.Arrays;
import java.util.List;

import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.ProfilerMode;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

/**
 * Runs task graphs that share one device memory. Not for two threads at once: TornadoVM then ends the JVM, the emulator
 * throws.
 */
public class TornadoExecutionPlan implements AutoCloseable {
    private final PlanExecutor executor;

    public TornadoExecutionPlan(ImmutableTaskGraph... immutableTaskGraphs) {
        List<GraphDescription> graphs = Arrays.stream(immutableTaskGraphs).map(ImmutableTaskGraph::description).toList();
        executor = new PlanExecutor(graphs);
    }

    /** A device by the indices of its backend and of itself. */
    public static TornadoDevice getDevice(int driverIndex, int deviceIndex) {
        return TornadoRuntimeProvider.getTornadoRuntime().getBackend(driverIndex).getDevice(deviceIndex);
    }

    /** Runs the selected graphs; all of them where withGraph was never called. */
    public TornadoExecutionResult execute() {
        return new TornadoExecutionResult(executor, new TornadoProfilerResult(executor.execute()));
    }

    /** Selects one graph, by its place among the constructor's arguments. */
    public TornadoExecutionPlan withGraph(int graphIndex) {
        executor.selectGraph(graphIndex);
        return this;
    }

    /** Selects all graphs. */
    public TornadoExecutionPlan withAllGraphs() {
        executor.selectAllGraphs();
        return this;
    }

    /** Checks each kernel that can be checked before it runs; on a device this is where kernels are compiled. */
    public TornadoExecutionPlan withPreCompilation() {
        executor.checkKernels();
        return this;
    }

    /** The emulator has one device and refuses any other. */
    public TornadoExecutionPlan withDevice(TornadoDevice device) {
        executor.requireOwnDevice(device);
        return this;
    }

    /** The device of a graph. */
    public TornadoDevice getDevice(int immutableTaskGraphIndex) {
        return executor.deviceOfGraph(immutableTaskGraphIndex);
    }

    /** Sets the grids of the tasks; a key that names no task of the plan is an error. */
    public TornadoExecutionPlan withGridScheduler(GridScheduler gridScheduler) {
        executor.useGrids(gridScheduler);
        return this;
    }

    /** Measures the executions to come; CONSOLE also logs the times of each. */
    public TornadoExecutionPlan withProfiler(ProfilerMode profilerMode) {
        executor.useProfiler(profilerMode);
        return this;
    }

    /** Stops measuring. */
    public TornadoExecutionPlan withoutProfiler() {
        executor.useProfiler(null);
        return this;
    }

    /** Limits the device memory of this plan: a number and one of B, KB, MB, GB. */
    public TornadoExecutionPlan withMemoryLimit(String memoryLimit) {
        executor.limitMemory(memoryLimit);
        return this;
    }

    /** Lifts the plan's own limit; the device's remains. */
    public TornadoExecutionPlan withoutMemoryLimit() {
        executor.liftMemoryLimit();
        return this;
    }

    /** Accepted and without effect: nothing is compiled here. */
    public TornadoExecutionPlan withCompilerFlags(TornadoVMBackendType backend, String compilerFlags) {
        return this;
    }

    /** Executes the plan some times beforehand; device state moves on, as on a device. */
    public TornadoExecutionPlan withWarmUpIterations(int iterations) {
        for (int iteration = 0; iteration < iterations; iteration++) {
            executor.execute();
        }
        return this;
    }

    /** Frees every device copy; the next execution transfers again what is declared for the first one. */
    public TornadoExecutionPlan freeDeviceMemory() {
        executor.freeDeviceMemory();
        return this;
    }

    /** Bytes of device memory in use by this plan. */
    public long getCurrentDeviceMemoryUsage() {
        return executor.deviceMemoryUsage();
    }

    @Override
    public void close() throws TornadoExecutionPlanException {
        executor.freeDeviceMemory();
    }
}
