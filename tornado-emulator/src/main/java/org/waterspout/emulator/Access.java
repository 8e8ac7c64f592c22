package org.waterspout.emulator;

/** What a kernel does with an array. */
enum Access {
    NONE, READ, WRITE, READ_WRITE;

    boolean reads() {
        return this == READ || this == READ_WRITE;
    }

    boolean writes() {
        return this == WRITE || this == READ_WRITE;
    }

    Access and(Access other) {
        return values()[ordinal() | other.ordinal()];
    }
}
