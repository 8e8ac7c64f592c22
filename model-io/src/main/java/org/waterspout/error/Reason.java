package org.waterspout.error;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why a file cannot be read or written, in a user's words, for a message that names the file already. */
public final class Reason {

    private Reason() {
    }

    /** Such as "it does not exist"; else what the system says, on one line. */
    public static String of(IOException failure) {
        return switch (failure) {
            case NoSuchFileException _ -> "it does not exist";
            case AccessDeniedException _ -> "it may not be read or written";
            case FileSystemLoopException _ -> "its links lead in a circle";
            case FileAlreadyExistsException _ -> "it is there already";
            case NotDirectoryException _ -> "it is no folder";
            case FileSystemException system -> said(system.getReason());
            case FileNotFoundException system -> said(system.getMessage()).replaceFirst("(?s)^.*\\((.+)\\)$", "$1"); // PATH (why)
            case CharacterCodingException _ -> "it is no text in UTF-8";
            case EOFException _ -> "it ends early";
            default -> said(failure.getMessage());
        };
    }

    private static String said(String message) {
        return message == null || message.isBlank() ? "the system does not say why" : Quoted.oneLine(message.strip());
    }
}
