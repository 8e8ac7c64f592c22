/**
 * The loops that take the time, and the weights they read: {@code CpuKernels}, scalar and with vectors, and {@code Matrix}. Knows no step,
 * no thread and no cache. Only {@code org.waterspout.backend.cpu} and its caches import it, as {@code ImportRulesTest} says.
 */
package org.waterspout.backend.cpu.kernels;
