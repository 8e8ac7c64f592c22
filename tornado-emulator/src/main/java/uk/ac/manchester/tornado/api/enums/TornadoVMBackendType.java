package uk.ac.manchester.tornado.api.enums;

/** The languages TornadoVM generates. The emulator calls itself JAVA. */
public enum TornadoVMBackendType {
    OPENCL, METAL, PTX, CUDA, SPIRV, JAVA, VIRTUAL
}
