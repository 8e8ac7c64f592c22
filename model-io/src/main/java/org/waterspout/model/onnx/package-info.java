/** Encoders exported to ONNX: their weights are found by what the graph does with them. */
package org.waterspout.model.onnx;
