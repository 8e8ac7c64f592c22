/**
 * Kernels: static methods that TornadoVM compiles for a device. A kernel's arguments stand in one order: context, step, inputs,
 * weights, outputs, shape. Every array is row-major; a weight of a role is stacked over layers, {@code [layers, rows, columns]}, and
 * the layer is read from {@link org.waterspout.kernels.StepLayout}, so that one compiled kernel serves all layers. Shapes are records of
 * ints and floats: TornadoVM reads their fields as compile-time constants.
 *
 * <p>Where it matters there are two families behind one signature. {@code Wide...} gives an item a whole output (or several) and
 * writes vectors of eight out by hand, without barriers: for devices of type CPU. {@code Group...} gives an output to a work-group
 * of {@link org.waterspout.kernels.StepLayout#GROUP} items that meet at barriers and share local memory: for all others. Kernels without
 * a family give an item one element, which suits both.
 *
 * <p>What TornadoVM compiles wrongly without saying so is kept out by a test over the bytecode (KernelRulesTest): unsigned shifts, bit
 * casts, half types, loops in both arms of a branch, local arrays as arguments of helper methods, and two local arrays of one type, of
 * which TornadoVM makes one when their sizes agree. A shape stands last: an object that is in no transfer list is taken as the last
 * argument only.
 */
package org.waterspout.kernels;
