package uk.ac.manchester.tornado.api;

/** The state of a grid of any number of dimensions. */
public abstract class AbstractWorkerGrid implements WorkerGrid {
    protected long[] globalWork;
    protected long[] localWork;

    protected AbstractWorkerGrid(long x, long y, long z) {
        globalWork = new long[] { x, y, z };
    }

    @Override
    public long[] getGlobalWork() {
        return globalWork;
    }

    @Override
    public long[] getLocalWork() {
        return localWork;
    }

    @Override
    public long[] getNumberOfWorkgroups() {
        if (localWork == null) {
            return null;
        }
        return new long[] { globalWork[0] / localWork[0], globalWork[1] / localWork[1], globalWork[2] / localWork[2] };
    }

    @Override
    public void setGlobalWork(long x, long y, long z) {
        globalWork = new long[] { x, y, z };
    }

    @Override
    public void setLocalWork(long x, long y, long z) {
        localWork = new long[] { x, y, z };
    }

    @Override
    public void setLocalWorkToNull() {
        localWork = null;
    }
}
