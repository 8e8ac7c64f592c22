/**
 * From a graph to launches, before anything is allocated: {@code DeviceProgram.lower}. Only {@code org.waterspout.backend.tornado} imports
 * it, as {@code ImportRulesTest} says.
 */
package org.waterspout.backend.tornado.lowering;
