/**
 * What a plan keeps from step to step: blocks of keys and values, and states of recurrent units; {@code CpuCaches} has them all. Only
 * {@code org.waterspout.backend.cpu} imports it, as {@code ImportRulesTest} says.
 */
package org.waterspout.backend.cpu.cache;
