/**
 * Kernels bound to buffers: {@code KernelBindings} makes a {@code Launch} of one kernel, a {@code Section} is a list of them. Only
 * {@code org.waterspout.backend.tornado} and its {@code lowering} import it, as {@code ImportRulesTest} says.
 */
package org.waterspout.backend.tornado.launches;
