package org.waterspout.kernels;

/**
 * Constants of a recurrent unit.
 *
 * @param width           numbers in a state
 * @param places          states of a layer
 * @param candidateStride numbers from one row of the candidate to the next
 * @param candidateOffset first number of row 0 in the candidate
 * @param forgetStride    numbers from one row of the forget gate to the next
 * @param forgetOffset    first number of row 0 in the forget gate
 * @param added           1 when the output is a function of the state and a residual, else 0
 * @param function        one of {@link Activations}, when added
 * @param residualStride  numbers from one row of the residual to the next
 * @param residualOffset  first number of row 0 in the residual
 * @param slot            step slot with the layer's number among the states
 */
public record RecurrenceShape(int width, int places, int candidateStride, int candidateOffset, int forgetStride, int forgetOffset,
        int added, int function, int residualStride, int residualOffset, int slot) {
}
