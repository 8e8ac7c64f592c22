package org.waterspout.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.waterspout.Classifier;
import org.waterspout.LoadOptions;
import org.waterspout.backend.tornado.TornadoDevices;

/** The classifier that comes with Waterspout, on the mails that were kept out of its training. On the device where there is an SDK. */
@Tag("slow")
@Tag(TestBackend.ON_DEVICES)
class DemonstrationClassifierTest {

    private static final LoadOptions OPTIONS = LoadOptions.DEFAULT.withBackend(TornadoDevices.sdkPresent() ? "tornado" : "cpu");
    private static final double MIN_RIGHT = 0.97;

    @Test
    void heldOutMailsAreJudgedRight() throws IOException {
        List<String[]> mails = heldOut();
        assertEquals(1206, mails.size());
        try (Classifier classifier = Classifier.demonstration(OPTIONS)) {
            List<Classifier.Classification> judged = classifier.classify(mails.stream().map(mail -> mail[1]).toList(), false);
            int right = 0;
            for (int i = 0; i < mails.size(); i++) {
                right += judged.get(i).labels().getFirst().label().equals(mails.get(i)[0]) ? 1 : 0;
            }
            assertTrue(right >= MIN_RIGHT * mails.size(), right + " of " + mails.size());
        }
    }

    /** Whatever its accuracy, it must compute what torch computed from the same file. */
    @Test
    void scoresAreThoseOfTorch() throws IOException {
        JsonNode expected = new ObjectMapper().readTree(resource("classifier-expected.json"));
        List<String[]> mails = heldOut();
        try (Classifier classifier = Classifier.demonstration(OPTIONS)) {
            List<String> labels = classifier.labels();
            int compared = 0;
            for (JsonNode one : expected.path("cases")) {
                String text = one.has("held_out_line") ? mails.get(one.path("held_out_line").intValue())[1] : one.path("text").textValue();
                double difference = one.path("logits").path(1).doubleValue() - one.path("logits").path(0).doubleValue();
                double second = 1 / (1 + Math.exp(-difference));
                double score = classifier.classify(text).labels().stream().filter(label -> label.label().equals(labels.get(1))).findFirst()
                        .orElseThrow().score();
                assertEquals(second, score, 6e-7, text); // 2.0e-7 was seen
                compared++;
            }
            assertTrue(compared >= 20, compared + " compared");
        }
    }

    private static List<String[]> heldOut() throws IOException {
        try (InputStream in = new GZIPInputStream(resource("spam-heldout.tsv.gz"))) {
            return Stream.of(new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")).map(line -> line.split("\t", 2)).toList();
        }
    }

    private static InputStream resource(String name) {
        return DemonstrationClassifierTest.class.getResourceAsStream("/demo/" + name);
    }
}
