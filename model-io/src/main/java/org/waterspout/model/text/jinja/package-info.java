/**
 * The part of Jinja that chat templates use, with Jinja2's meaning: Transformers renders them with Jinja2 3.1, trim_blocks,
 * lstrip_blocks, loop controls and an immutable sandbox.
 *
 * <p>Own code because the one Jinja library for Java (jinjava 2.8.4, every Python-like override on) reads some expressions
 * otherwise and says nothing: of 95 published templates with ten conversations each, 212 texts in 30 templates were wrong or
 * failed. A few lacked only a function that could be added; but {@code not x is defined} came out the other way, which
 * silently drops the assistant's turn, and {@code namespace(n=messages|length - 1)} does not parse. It also took 0.85 s to a
 * first text where this takes 0.1 s. Here all 950 texts are Transformers' own, nothing reaches Java's methods, and what is not
 * known is an error that names it.
 */
package org.waterspout.model.text.jinja;
