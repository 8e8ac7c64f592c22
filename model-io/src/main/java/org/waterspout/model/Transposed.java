package org.waterspout.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.waterspout.error.UnsupportedModelException;

/** Matrices that a file stores as [in, out], brought to the [out, in] of every other one. */
public final class Transposed {

    /** Rows and columns of a square that stays in the first-level cache. */
    private static final int SQUARE = 32;

    private Transposed() {
    }

    /**
     * A copy of a matrix [rows, columns] as [columns, rows], of the same name and type.
     *
     * @param arena what the copy's memory belongs to
     * @throws UnsupportedModelException if it is no matrix, or its numbers are stored in blocks
     */
    public static Tensor of(Tensor matrix, Arena arena) {
        if (matrix.shape().size() != 2 || matrix.type().blockLength() != 1) {
            throw new UnsupportedModelException("tensor " + matrix.name() + " " + matrix.shape() + " " + matrix.type()
                    + " cannot be transposed: only matrices of F32, F16 or BF16 can");
        }
        int rows = matrix.rows();
        int columns = matrix.columns();
        int width = matrix.type().blockBytes();
        MemorySegment out = arena.allocate(matrix.data().byteSize(), 64);
        for (int row = 0; row < rows; row += SQUARE) {
            for (int column = 0; column < columns; column += SQUARE) {
                square(matrix.data(), out, rows, columns, row, column, width);
            }
        }
        return new Tensor(matrix.name(), matrix.type(), List.of(columns, rows), out.asReadOnly());
    }

    private static void square(MemorySegment in, MemorySegment out, int rows, int columns, int firstRow, int firstColumn, int width) {
        for (int row = firstRow; row < Math.min(rows, firstRow + SQUARE); row++) {
            for (int column = firstColumn; column < Math.min(columns, firstColumn + SQUARE); column++) {
                long from = ((long) row * columns + column) * width;
                long to = ((long) column * rows + row) * width;
                if (width == Float.BYTES) {
                    out.set(Numbers.INT, to, in.get(Numbers.INT, from));
                } else {
                    out.set(Numbers.SHORT, to, in.get(Numbers.SHORT, from));
                }
            }
        }
    }
}
