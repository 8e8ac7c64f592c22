/**
 * What lies in arrays of the device: what kernels write ({@code DeviceBuffer}, {@code Caches}), what they only read ({@code Constant},
 * repacked weights among them), and what the host fills in ({@code Feed}). Knows no kernel. Only the packages of the tornado backend import
 * it, as {@code ImportRulesTest} says.
 */
package org.waterspout.backend.tornado.buffers;
