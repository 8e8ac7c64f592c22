package org.waterspout.generate;

import java.util.List;
import org.waterspout.model.text.ChatMessage;

/**
 * What an answer continues. The names of control tokens ({@code <|im_end|>}) in what somebody wrote are plain text: they end no turn and
 * begin none. Where {@code parseSpecial} is true they mean these tokens, as in a text whose turns are written out.
 */
public sealed interface Prompt {

    /** One user message: through the chat template of a model that has one, else as raw text. */
    record Message(String text, boolean parseSpecial) implements Prompt {
        public Message(String text) {
            this(text, false);
        }
    }

    /** A conversation, through the model's chat template; refused by a model without one. */
    record Conversation(List<ChatMessage> messages, boolean parseSpecial) implements Prompt {
        public Conversation {
            messages = List.copyOf(messages);
        }

        public Conversation(List<ChatMessage> messages) {
            this(messages, false);
        }
    }

    /** Text to go on with as it stands. */
    record Raw(String text, boolean parseSpecial) implements Prompt {
        public Raw(String text) {
            this(text, false);
        }
    }

    /** Token ids, taken as they are: nothing is put in front. */
    record Tokens(int[] ids) implements Prompt {
    }
}
