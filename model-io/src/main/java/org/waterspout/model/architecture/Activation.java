package org.waterspout.model.architecture;

/** The functions between the two halves of a feed-forward, and in a head. */
public enum Activation {
    /** x * sigmoid(x). */
    SILU,
    /** 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), Hendrycks and Gimpel 2016, the tanh form. */
    GELU_TANH,
    /** x * Phi(x) with the error function, Hendrycks and Gimpel 2016, the exact form. */
    GELU_ERF,
    /** max(x, 0). */
    RELU,
    /** (e^x - e^-x) / (e^x + e^-x). */
    TANH
}
