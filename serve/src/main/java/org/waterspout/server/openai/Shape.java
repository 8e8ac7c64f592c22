package org.waterspout.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** How an answer is written: as a chat's message or as text. One for each request; it may be used from several threads at one time. */
interface Shape {

    /** What the object and each event of a stream begin with. */
    ObjectNode head(boolean event);

    /** A choice of an event with more of an answer. */
    ObjectNode part(Choice choice, Choice.Piece piece, boolean first);

    /** The choice of an answer's last event. */
    ObjectNode last(Choice choice, boolean first);

    /** A whole answer, of all its pieces. */
    ObjectNode whole(Choice choice, List<Choice.Piece> pieces);
}
