package org.waterspout.backend;

import java.util.Optional;

/**
 * @param threads threads of the cpu backend; refused by backends that have none to set when not {@link #DEFAULT_THREADS}
 * @param device  id of a {@link Device}; the backend's first when absent
 */
public record BackendOptions(int threads, Optional<String> device) {

    /** As many threads as the machine has cores. */
    public static final int DEFAULT_THREADS = 0;

    public static final BackendOptions DEFAULT = new BackendOptions(DEFAULT_THREADS, Optional.empty());
}
