package org.waterspout.model.hub;

/** Told how far a download is; called after every piece that was written, from the thread that downloads. */
@FunctionalInterface
public interface DownloadProgress {

    /**
     * @param bytes  there so far, those of an earlier try included
     * @param total  of the whole file
     */
    void report(long bytes, long total);
}
