package org.waterspout.generate;

import java.util.List;
import org.waterspout.model.text.ChatMessage;

/** What an answer continues. */
public sealed interface Prompt {

    /** One user message: through the chat template of a model that has one, else as raw text. */
    record Message(String text) implements Prompt {
    }

    /** A conversation, through the model's chat template; refused by a model without one. */
    record Conversation(List<ChatMessage> messages) implements Prompt {
        public Conversation {
            messages = List.copyOf(messages);
        }
    }

    /** Text to go on with as it stands; special tokens written in it are plain text. */
    record Raw(String text) implements Prompt {
    }

    /** Token ids, taken as they are: nothing is put in front. */
    record Tokens(int[] ids) implements Prompt {
    }
}
