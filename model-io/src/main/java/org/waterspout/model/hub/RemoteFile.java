package org.waterspout.model.hub;

import java.net.URI;
import java.util.Optional;

/**
 * A file that a server has.
 *
 * @param name    what messages call it
 * @param address where it is
 * @param page    where a person finds what there is, for messages
 * @param content what it must be, where that is known beforehand
 */
record RemoteFile(String name, URI address, String page, Optional<ModelReference.Content> content) {

    /** A file of the hub. */
    static RemoteFile of(ModelReference reference, URI hub) {
        return new RemoteFile(reference.toString(), reference.address(hub),
                hub.toString().replaceAll("/+$", "") + "/" + reference.repository(), reference.content());
    }

    boolean isGguf() {
        return address.getPath().endsWith(".gguf");
    }
}
