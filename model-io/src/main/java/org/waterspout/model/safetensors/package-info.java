/** Files of named arrays as Hugging Face's safetensors library writes them. */
package org.waterspout.model.safetensors;
