package org.waterspout.encode;

import org.waterspout.model.architecture.Architecture;

/** Pictures as an encoder reads them: Dosovitskiy et al. 2021, section 3.1. */
public final class Pictures {

    private Pictures() {
    }

    /**
     * The squares of a picture, row by row, behind rows of zeros for the class and distillation tokens.
     *
     * @param pixels [channels, side, side], normalised
     */
    public static Sequence sequence(float[] pixels, Architecture.Patches form) {
        int side = form.side();
        if (pixels.length != form.channels() * side * side) {
            throw new IllegalArgumentException(pixels.length + " numbers are no picture of " + form);
        }
        int across = side / form.patch();
        float[] given = new float[form.rows() * form.patchWidth()];
        int at = given.length - across * across * form.patchWidth();
        for (int square = 0; square < across * across; square++) {
            int top = square / across * form.patch();
            int left = square % across * form.patch();
            for (int channel = 0; channel < form.channels(); channel++) {
                for (int y = top; y < top + form.patch(); y++) {
                    System.arraycopy(pixels, (channel * side + y) * side + left, given, at, form.patch());
                    at += form.patch();
                }
            }
        }
        return new Sequence(new int[form.rows()], new int[form.rows()], given);
    }
}
