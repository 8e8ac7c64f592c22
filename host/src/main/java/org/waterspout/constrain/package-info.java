/**
 * Answers in a given form: which tokens may come next, so that the whole answer is of a grammar. Knows tokens as bytes, and no tensor or
 * request.
 */
package org.waterspout.constrain;
