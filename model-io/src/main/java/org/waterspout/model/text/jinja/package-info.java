/**
 * The part of Jinja that chat templates use, with Jinja2's meaning: Transformers renders them with Jinja2 3.1, trim_blocks,
 * lstrip_blocks, loop controls and an immutable sandbox.
 *
 * <p>Own code because the one Jinja library for Java (jinjava 2.8.4) reads some expressions otherwise and says nothing: of 95
 * published templates it gave 30 a wrong prompt or an error ({@code not x is defined} and {@code namespace(n=messages|length - 1)}
 * among the causes), and it takes more than half a second to start. Here nothing reaches Java's methods, and what is not known
 * is an error that names it.
 */
package org.waterspout.model.text.jinja;
