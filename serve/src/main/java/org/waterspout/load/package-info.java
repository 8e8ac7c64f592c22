/** Puts a load on a server that speaks OpenAI's interface, whoever made it, and measures what its clients see. */
package org.waterspout.load;
