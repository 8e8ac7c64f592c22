package uk.ac.manchester.tornado.api.enums;

/** Whether measured times are printed or only kept. */
public enum ProfilerMode {
    CONSOLE, SILENT
}
