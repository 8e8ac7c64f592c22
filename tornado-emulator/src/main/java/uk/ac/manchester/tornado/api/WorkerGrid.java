package uk.ac.manchester.tornado.api;

/** How many work-items a kernel runs with, and how many make a group; each array holds x, y and z. */
public interface WorkerGrid {
    int dimension();

    /** Work-items in all. */
    long[] getGlobalWork();

    /** Work-items of one group; null when it was never set. */
    long[] getLocalWork();

    /** Groups; null when the group size was never set. */
    long[] getNumberOfWorkgroups();

    /** Work-items in all. */
    void setGlobalWork(long x, long y, long z);

    /** Work-items of one group. */
    void setLocalWork(long x, long y, long z);

    /** Leaves the group size to the device. */
    void setLocalWorkToNull();
}
