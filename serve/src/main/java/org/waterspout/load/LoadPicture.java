package org.waterspout.load;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Throughput against latency, as a picture in SVG: one point for each rate, joined in the order of the rates. Times have a logarithmic
 * scale, since they grow without end where a server falls behind.
 */
public final class LoadPicture {

    private static final int WIDTH = 720;
    private static final int HEIGHT = 440;
    private static final int LEFT = 70;
    private static final int RIGHT = 150;
    private static final int TOP = 40;
    private static final int BOTTOM = 60;
    private static final int TICKS = 5;

    private record Line(String name, String colour, ToDoubleFunction<LoadReport> seconds) {
    }

    private static final List<Line> LINES = List.of(
            new Line("first token, median", "#1f77b4", report -> report.firstToken().p50()),
            new Line("first token, 99 %", "#aec7e8", report -> report.firstToken().p99()),
            new Line("whole, median", "#d62728", report -> report.whole().p50()),
            new Line("whole, 99 %", "#ff9896", report -> report.whole().p99()));

    private final List<LoadReport> reports;
    private final double mostTokens;
    /** The powers of ten that the scale of seconds begins and ends with. */
    private final int lowest;
    private final int highest;

    private LoadPicture(List<LoadReport> reports) {
        this.reports = reports;
        this.mostTokens = round(reports.stream().mapToDouble(LoadReport::tokensPerSecond).max().orElse(0));
        double[] seconds = reports.stream().flatMapToDouble(report -> LINES.stream()
                .mapToDouble(line -> line.seconds().applyAsDouble(report))).filter(value -> value > 0).sorted().toArray();
        this.lowest = seconds.length == 0 ? -1 : (int) Math.floor(Math.log10(seconds[0]));
        this.highest = seconds.length == 0 ? 0 : Math.max(lowest + 1, (int) Math.ceil(Math.log10(seconds[seconds.length - 1])));
    }

    /** @param reports one or more, in the order in which they are joined */
    public static String svg(List<LoadReport> reports) {
        return new LoadPicture(reports).draw();
    }

    /** The next of 1, 2, 2.5 and 5 times a power of ten, so that a fifth of it is short to write; 1 for 0. */
    private static double round(double most) {
        if (most <= 0) {
            return 1;
        }
        double power = Math.pow(10, Math.floor(Math.log10(most)));
        return power * List.of(1.0, 2.0, 2.5, 5.0, 10.0).stream().filter(step -> step * power >= most * 0.999_999).findFirst().orElse(10.0);
    }

    private double x(double tokens) {
        return LEFT + (WIDTH - LEFT - RIGHT) * tokens / mostTokens;
    }

    /** What took no time lies on the axis. */
    private double y(double seconds) {
        double share = (Math.log10(Math.max(seconds, Math.pow(10, lowest))) - lowest) / (highest - lowest);
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;
    }

    private String draw() {
        StringBuilder svg = new StringBuilder();
        add(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">", WIDTH,
                HEIGHT);
        add(svg, "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>", WIDTH, HEIGHT);
        for (int tick = 0; tick <= TICKS; tick++) {
            double tokens = mostTokens * tick / TICKS;
            add(svg, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>", x(tokens), HEIGHT - BOTTOM + 18, number(tokens));
        }
        for (int power = lowest; power <= highest; power++) {
            for (int step : power == highest ? List.of(1) : List.of(1, 2, 5)) {
                double seconds = step * Math.pow(10, power);
                add(svg, "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>", LEFT, y(seconds), WIDTH - RIGHT);
                add(svg, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT - 8, y(seconds) + 4, number(seconds));
            }
        }
        add(svg, "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"black\"/>", LEFT, TOP, HEIGHT - BOTTOM, WIDTH - RIGHT);
        add(svg, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">tokens a second, all answers together</text>",
                (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16);
        add(svg, "<text x=\"%d\" y=\"%d\">seconds</text>", LEFT - 50, TOP - 16);
        for (int i = 0; i < LINES.size(); i++) {
            line(svg, LINES.get(i), TOP + 20 * i);
        }
        for (LoadReport report : reports) {
            if (report.rate() > 0) {
                add(svg, "<text x=\"%.1f\" y=\"%.1f\" fill=\"#555\" font-size=\"10\" text-anchor=\"middle\">%s/s</text>",
                        x(report.tokensPerSecond()), y(report.whole().p99()) - 8, number(report.rate()));
            }
        }
        return svg.append("</svg>\n").toString();
    }

    private void line(StringBuilder svg, Line line, int key) {
        StringBuilder path = new StringBuilder();
        for (LoadReport report : reports) {
            double x = x(report.tokensPerSecond());
            double y = y(line.seconds().applyAsDouble(report));
            path.append(String.format(Locale.ROOT, "%s%.1f %.1f", path.isEmpty() ? "M" : "L", x, y));
            add(svg, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>", x, y, line.colour());
        }
        add(svg, "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>", path, line.colour());
        add(svg, "<path d=\"M%d %dh20\" stroke=\"%s\" stroke-width=\"3\"/>", WIDTH - RIGHT + 10, key, line.colour());
        add(svg, "<text x=\"%d\" y=\"%d\">%s</text>", WIDTH - RIGHT + 36, key + 4, line.name());
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value).replaceAll("\\.?0+$", "");
    }

    private static void add(StringBuilder svg, String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
