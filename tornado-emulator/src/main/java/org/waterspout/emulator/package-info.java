/**
 * A checking test bench that takes TornadoVM's place on a JVM without one. The classes under
 * {@code uk.ac.manchester.tornado.api} in this module have TornadoVM's names and signatures; what they do is here, because
 * with an SDK those packages belong to the SDK's module and this package is never loaded.
 *
 * <p>A plan ({@link org.waterspout.emulator.PlanExecutor}) executes its graphs
 * ({@link org.waterspout.emulator.GraphRun}): transfers in, launches ({@link org.waterspout.emulator.EmulatedLaunch}), transfers out.
 * A launch runs group after group ({@link org.waterspout.emulator.GroupRun}) and item after item, on one thread at a time, so
 * a run can be repeated exactly. Arrays on the device ({@link org.waterspout.emulator.EmulatedBuffer}) are copies that kernels
 * get in place of the host's.
 *
 * <p>Everything it finds wrong is a {@link org.waterspout.emulator.KernelFault} that names the kernel. How strict it is, in
 * which order items run and what device it plays are system properties, listed at
 * {@link org.waterspout.emulator.Settings}. What TornadoVM's compiler makes of a kernel it cannot show.
 */
package org.waterspout.emulator;
