/** Translation models in Marian's own binary files, such as Firefox's. */
package org.waterspout.model.marian;
