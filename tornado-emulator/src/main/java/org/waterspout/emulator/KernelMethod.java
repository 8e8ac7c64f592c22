package org.waterspout.emulator;

/** The method of a kernel. */
record KernelMethod(String owner, String name, String descriptor) {
    /** "Class.method", for messages. */
    String display() {
        return owner.substring(owner.lastIndexOf('/') + 1) + "." + name;
    }
}
