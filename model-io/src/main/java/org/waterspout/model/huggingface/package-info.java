/** Folders of models as Hugging Face's Transformers and sentence-transformers write them. */
package org.waterspout.model.huggingface;
