/**
 * What goes into an encoder and what comes out: sequences of tokens, images as sequences; rows to vectors, labels to entities, starts and
 * ends to spans.
 */
package org.waterspout.encode;
