package org.waterspout.server.http;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the server listens.
 *
 * @param host a name or number of this machine
 * @param port 0 for any that is free
 * @param tls  the certificate; empty for clear text
 */
public record Address(String host, int port, Optional<Certificate> tls) {

    /**
     * @param chain the server's certificate and those that vouch for it, PEM
     * @param key   its private key, PEM (PKCS 8)
     */
    public record Certificate(Path chain, Path key) {
    }
}
