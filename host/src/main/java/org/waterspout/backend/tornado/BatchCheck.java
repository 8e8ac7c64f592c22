package org.waterspout.backend.tornado;

import org.waterspout.backend.Batch;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;

/** Refuses batches with which a kernel would read beyond a table, or what nobody wrote. */
final class BatchCheck {

    private BatchCheck() {
    }

    /** @throws InvalidRequestException naming the first number that does not fit */
    static void check(Graph graph, Batch batch) {
        graph.ops().forEach(op -> check(op, batch));
    }

    private static void check(Op op, Batch batch) {
        switch (op) {
            case Op.Embed embed -> {
                for (int token : batch.tokens()) {
                    if (token != Batch.NO_TOKEN && (token < 0 || token >= embed.table().rows())) {
                        throw new InvalidRequestException("token " + token + " is outside the vocabulary of " + embed.table().rows()
                                + ": use the tokenizer of this model");
                    }
                }
            }
            case Op.AddPosition place -> {
                for (int position : batch.positions()) {
                    if (position >= place.table().rows()) {
                        throw new InvalidRequestException("position " + position + " is outside the model's " + place.table().rows()
                                + " learned positions: shorten the prompt");
                    }
                }
            }
            case Op.AddType add -> {
                for (int type : batch.types()) {
                    if (type < 0 || type >= add.table().rows()) {
                        throw new InvalidRequestException("token type " + type + " is outside the model's " + add.table().rows());
                    }
                }
            }
            case Op.Given given -> {
                if (batch.given().length != batch.rows() * given.output().width()) {
                    throw new InvalidRequestException("the model reads " + given.output().width() + " numbers a row, not "
                            + batch.given().length + " for " + batch.rows() + " rows");
                }
            }
            case Op.Shortlist product -> {
                for (int candidate : batch.candidates()) {
                    if (candidate < 0 || candidate >= product.output().width()) {
                        throw new InvalidRequestException("candidate " + candidate + " is outside the vocabulary of " + product.output().width());
                    }
                }
            }
            case Op.Attention attention when attention.span() == Op.Span.FULL -> batch.requireWhole();
            case Op.Attention _, Op.Norm _, Op.MatMul _, Op.Rope _, Op.Remember _, Op.CrossAttention _, Op.Recurrence _, Op.Add _, Op.Multiply _,
                    Op.Activate _, Op.Scale _, Op.SoftCap _, Op.SelectRows _, Op.MeanRows _, Op.ArgMax _, Op.Fused _ -> {
                // read nothing that a batch could ask wrongly for
            }
        }
    }
}
