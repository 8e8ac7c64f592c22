package uk.ac.manchester.tornado.api.math;

/**
 * The mathematics a kernel may call. Here each function is java.lang.Math's, rounded to float; a device's own may differ
 * in the last bits.
 */
public class TornadoMath {
    public TornadoMath() {
    }

    public static float min(float a, float b) {
        return Math.min(a, b);
    }

    public static float max(float a, float b) {
        return Math.max(a, b);
    }

    public static double min(double a, double b) {
        return Math.min(a, b);
    }

    public static double max(double a, double b) {
        return Math.max(a, b);
    }

    public static int min(int a, int b) {
        return Math.min(a, b);
    }

    public static int max(int a, int b) {
        return Math.max(a, b);
    }

    public static long min(long a, long b) {
        return Math.min(a, b);
    }

    public static long max(long a, long b) {
        return Math.max(a, b);
    }

    public static float abs(float value) {
        return Math.abs(value);
    }

    public static double abs(double value) {
        return Math.abs(value);
    }

    public static int abs(int value) {
        return Math.abs(value);
    }

    public static long abs(long value) {
        return Math.abs(value);
    }

    public static float clamp(float value, float lowest, float highest) {
        return Math.max(lowest, Math.min(value, highest));
    }

    public static double clamp(double value, double lowest, double highest) {
        return Math.max(lowest, Math.min(value, highest));
    }

    public static int clamp(int value, int lowest, int highest) {
        return Math.max(lowest, Math.min(value, highest));
    }

    public static long clamp(long value, long lowest, long highest) {
        return Math.max(lowest, Math.min(value, highest));
    }

    public static float exp(float value) {
        return (float) Math.exp(value);
    }

    public static double exp(double value) {
        return Math.exp(value);
    }

    public static float sqrt(float value) {
        return (float) Math.sqrt(value);
    }

    public static double sqrt(double value) {
        return Math.sqrt(value);
    }

    public static float floor(float value) {
        return (float) Math.floor(value);
    }

    public static double floor(double value) {
        return Math.floor(value);
    }

    public static float ceil(float value) {
        return (float) Math.ceil(value);
    }

    public static double ceil(double value) {
        return Math.ceil(value);
    }

    public static float log(float value) {
        return (float) Math.log(value);
    }

    public static double log(double value) {
        return Math.log(value);
    }

    public static float sin(float value) {
        return (float) Math.sin(value);
    }

    public static double sin(double value) {
        return Math.sin(value);
    }

    public static float cos(float value) {
        return (float) Math.cos(value);
    }

    public static double cos(double value) {
        return Math.cos(value);
    }

    public static float tan(float value) {
        return (float) Math.tan(value);
    }

    public static double tan(double value) {
        return Math.tan(value);
    }

    public static float asin(float value) {
        return (float) Math.asin(value);
    }

    public static double asin(double value) {
        return Math.asin(value);
    }

    public static float acos(float value) {
        return (float) Math.acos(value);
    }

    public static double acos(double value) {
        return Math.acos(value);
    }

    public static float atan(float value) {
        return (float) Math.atan(value);
    }

    public static double atan(double value) {
        return Math.atan(value);
    }

    public static float tanh(float value) {
        return (float) Math.tanh(value);
    }

    public static double tanh(double value) {
        return Math.tanh(value);
    }

    public static float signum(float value) {
        return Math.signum(value);
    }

    public static double signum(double value) {
        return Math.signum(value);
    }

    public static float log2(float value) {
        return (float) (Math.log(value) / Math.log(2));
    }

    public static float fract(float value) {
        return value - floor(value);
    }

    public static float pow(float value, float exponent) {
        return (float) Math.pow(value, exponent);
    }

    public static float atan2(float y, float x) {
        return (float) Math.atan2(y, x);
    }

    public static float toRadians(float degrees) {
        return (float) Math.toRadians(degrees);
    }

    public static float sinpi(float value) {
        return (float) Math.sin(value * Math.PI);
    }

    public static float cospi(float value) {
        return (float) Math.cos(value * Math.PI);
    }

    public static double log2(double value) {
        return (Math.log(value) / Math.log(2));
    }

    public static double fract(double value) {
        return value - floor(value);
    }

    public static double pow(double value, double exponent) {
        return Math.pow(value, exponent);
    }

    public static double atan2(double y, double x) {
        return Math.atan2(y, x);
    }

    public static double toRadians(double degrees) {
        return Math.toRadians(degrees);
    }

    public static double sinpi(double value) {
        return Math.sin(value * Math.PI);
    }

    public static double cospi(double value) {
        return Math.cos(value * Math.PI);
    }

    public static float floatPI() {
        return (float) Math.PI;
    }

    public static double PI() {
        return Math.PI;
    }
}
