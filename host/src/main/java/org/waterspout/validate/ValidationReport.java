package org.waterspout.validate;

import java.util.List;
import org.waterspout.backend.Device;
import org.waterspout.error.ValidationException;

/**
 * What {@link Validator} found.
 *
 * @param rows one for each operation and weight type, in the order they first ran, and last the whole model
 */
public record ValidationReport(Device device, List<Row> rows) {

    public ValidationReport {
        rows = List.copyOf(rows);
    }

    /**
     * @param operation "MatMul", "Fused NORM_GATED", "whole model"
     * @param weights   types of the matrices it reads, "Q4_K+Q6_K"; empty when it reads none
     * @param checked   outputs compared
     * @param largest   the largest error, and the row and value it is at
     * @param place     "step 2, layer 5" of the largest error
     * @param limit     what it may be: {@link Limits}
     */
    public record Row(String operation, String weights, int checked, RelativeError largest, String place, double limit) {

        public boolean ok() {
            return largest.error() <= limit;
        }

        /** How much of its limit the error takes: 0 for none, above 1 where the answer is wrong. */
        public double margin() {
            return largest.error() == 0 ? 0 : largest.error() / limit;
        }
    }

    public boolean ok() {
        return rows.stream().allMatch(Row::ok);
    }

    /**
     * @return this
     * @throws ValidationException naming the first operation that exceeds its limit
     */
    public ValidationReport requireOk() {
        rows.stream().filter(row -> !row.ok()).findFirst().ifPresent(row -> {
            throw new ValidationException(
                    "%s: %s %s differs from the reference by %s (%s), more than its limit of %.2g: do not use this device"
                    .formatted(device.id(), row.operation(), row.weights(), row.largest(), row.place(), row.limit()));
        });
        return this;
    }

    /** A table, one row a line; "error/limit" is {@link Row#margin}. */
    public String print() {
        StringBuilder text = new StringBuilder("%-22s %-12s %8s %10s %10s %12s  %-5s %s%n".formatted("operation", "weights", "checked",
                "error", "limit", "error/limit", "ok", "where"));
        rows.forEach(row -> text.append("%-22s %-12s %8d %10.2e %10.1e %12.3f  %-5s %s, row %d, value %d%n".formatted(row.operation(),
                row.weights(), row.checked(), row.largest().error(), row.limit(), row.margin(), row.ok() ? "ok" : "WRONG", row.place(),
                row.largest().row(), row.largest().column())));
        return text.toString();
    }
}
