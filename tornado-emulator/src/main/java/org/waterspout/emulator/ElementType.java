package org.waterspout.emulator;

/** What the elements of an array are. */
enum ElementType {
    FLOAT, DOUBLE, HALF, INT, LONG, SHORT, BYTE
}
