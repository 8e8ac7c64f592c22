package org.waterspout.kernels;

/**
 * An embedding's constants.
 *
 * @param width numbers in a row of the table
 * @param scale factor on every number
 */
public record EmbedShape(int width, float scale) {
}
