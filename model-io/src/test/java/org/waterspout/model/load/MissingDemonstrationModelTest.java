package org.waterspout.model.load;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.waterspout.error.ModelNotFoundException;

/** This module is tested without the artifact of the demonstration models, as a service runs that has a model of its own. */
class MissingDemonstrationModelTest {

    @Test
    void theMessageNamesTheArtifact() {
        String message = assertThrows(ModelNotFoundException.class, DemonstrationModel::open).getMessage();
        assertTrue(message.contains("org.waterspout:demo-models"), message);
    }
}
