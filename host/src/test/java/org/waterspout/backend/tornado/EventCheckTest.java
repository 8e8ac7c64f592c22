package org.waterspout.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.waterspout.backend.tornado.launches.Launch;
import org.waterspout.backend.tornado.launches.Section.Stage;
import org.waterspout.error.DeviceException;

class EventCheckTest {

    @Test
    void aStageThatNeedsLongerListsIsRefusedWithTheLengthThatWouldDo() {
        Launch launch = new Launch("WideAdd", 1, rows -> rows, List.of(), List.of(), List.of(), (_, _, _, _) -> { });
        List<Stage> stages = List.of(new Stage("layer", List.of(launch), Optional.empty()));
        assertDoesNotThrow(() -> EventCheck.check(stages, launch.arguments()));
        String message = assertThrows(DeviceException.class, () -> EventCheck.check(stages, launch.arguments() - 1)).getMessage();
        assertTrue(message.contains("-Dtornado.max.events=" + launch.arguments()), message);
    }
}
