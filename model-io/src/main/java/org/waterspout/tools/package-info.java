/**
 * Tools that a model may call: what they are, how the families of models write calls, and the calls found in an answer.
 * What is supported: docs/tool-calls.md.
 */
package org.waterspout.tools;
