package org.waterspout.model.architecture;

/** How a row is brought to a standard size. */
public enum NormKind {
    /** x / sqrt(mean(x^2) + epsilon) * gain; Zhang and Sennrich 2019. */
    RMS,
    /** (x - mean(x)) / sqrt(variance(x) + epsilon) * gain + bias; Ba et al. 2016. */
    LAYER
}
