/** Sequences through an encoder: batches without padding, images as sequences. What the numbers mean is the callers' matter. */
package org.waterspout.encode;
