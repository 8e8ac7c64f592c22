/**
 * Many requests on one plan: {@link org.waterspout.runtime.Engine} lets them begin, makes steps of what they need next, and hands out what
 * came of it. {@link org.waterspout.runtime.Decoder}, {@link org.waterspout.runtime.Encoder} and
 * {@link org.waterspout.runtime.EncoderDecoder} are what callers ask it for. Knows sequences and rows, and no tensor.
 */
package org.waterspout.runtime;
