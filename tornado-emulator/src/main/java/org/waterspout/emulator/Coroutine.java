package org.waterspout.emulator;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.locks.LockSupport;

/**
 * Code that can stop in the middle and go on later. It runs only while {@link #advance} is waited for, so that of all coroutines
 * of a caller one runs at a time. The JDK's own continuations do this faster than virtual threads, but only for a JVM that is
 * started with {@link #FLAG}; without it a coroutine is a virtual thread. Every eighth operation case with the kernels of GPUs,
 * 48 million stops at barriers, took 20 seconds of processor time in place of 82 (two cores of an EPYC).
 */
abstract sealed class Coroutine {
    /** The package of the JDK's continuations. */
    private static final String PACKAGE = "jdk.internal.vm";
    /** What opens the package. */
    static final String FLAG = "--add-exports java.base/" + PACKAGE + "=ALL-UNNAMED";

    private final Runnable code;
    private Throwable thrown;

    private Coroutine(Runnable code) {
        this.code = code;
    }

    /** Of the faster kind, where this JVM has it. */
    static Coroutine of(Runnable code) {
        return continuationsAreOpen() ? new OnCaller(code) : new OnThread(code);
    }

    /** Runs code that advances coroutines where that is cheapest: virtual threads wait for each other, and not for the caller's thread. */
    static void hosting(Runnable code) {
        if (continuationsAreOpen() || Thread.currentThread().isVirtual()) {
            code.run();
        } else {
            new OnThread(code).advance();
        }
    }

    static boolean continuationsAreOpen() {
        return Object.class.getModule().isExported(PACKAGE, Coroutine.class.getModule());
    }

    /** Runs the code until it pauses or ends; throws what it threw. */
    final void advance() {
        proceed();
        switch (thrown) {
            case null -> { }
            case RuntimeException exception -> throw exception;
            case Error error -> throw error;
            case Throwable other -> throw new IllegalStateException(other);
        }
    }

    /** Called by the code: returns when it is to go on. */
    abstract void pause();

    /** Gives up code that has paused, which is not run again. */
    abstract void abandon();

    abstract void proceed();

    final void runCode() {
        try {
            code.run();
        } catch (Abandoned _) {
            // nobody waits for it
        } catch (RuntimeException | Error stopped) {
            thrown = stopped;
        }
    }

    /** Unwinds code that was given up; carries no message because nobody sees it. */
    private static final class Abandoned extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Abandoned() {
            super(null, null, false, false);
        }
    }

    /** On the caller's thread, as a jdk.internal.vm.Continuation: while it is paused its stack lies on the heap. */
    static final class OnCaller extends Coroutine {
        private static final MethodHandle NEW;
        private static final MethodHandle RUN;
        private static final MethodHandle YIELD;

        static {
            try {
                Class<?> continuation = Class.forName(PACKAGE + ".Continuation");
                Class<?> scope = Class.forName(PACKAGE + ".ContinuationScope");
                MethodHandles.Lookup lookup = MethodHandles.lookup();
                Object group = lookup.findConstructor(scope, MethodType.methodType(void.class, String.class)).invoke("work-group");
                NEW = lookup.findConstructor(continuation, MethodType.methodType(void.class, scope, Runnable.class)).bindTo(group)
                        .asType(MethodType.methodType(Object.class, Runnable.class));
                RUN = lookup.findVirtual(continuation, "run", MethodType.methodType(void.class))
                        .asType(MethodType.methodType(void.class, Object.class));
                YIELD = lookup.findStatic(continuation, "yield", MethodType.methodType(boolean.class, scope)).bindTo(group);
            } catch (Throwable changed) {
                throw new ExceptionInInitializerError(changed);
            }
        }

        private final Object continuation;

        OnCaller(Runnable code) {
            super(code);
            try {
                continuation = (Object) NEW.invokeExact((Runnable) this::runCode);
            } catch (Throwable unexpected) {
                throw new IllegalStateException(unexpected);
            }
        }

        @Override
        void proceed() {
            try {
                RUN.invokeExact(continuation);
            } catch (Throwable unexpected) {
                throw new IllegalStateException(unexpected);
            }
        }

        @Override
        void pause() {
            try {
                boolean _ = (boolean) YIELD.invokeExact();
            } catch (Throwable unexpected) {
                throw new IllegalStateException(unexpected);
            }
        }

        @Override
        void abandon() {
            // its stack is garbage
        }
    }

    /** On a virtual thread, which the caller waits for. */
    static final class OnThread extends Coroutine {
        private final Thread thread = Thread.ofVirtual().name("emulator").unstarted(this::runOnThread);
        private Thread caller;
        private boolean abandoned;
        private volatile boolean advancing;

        OnThread(Runnable code) {
            super(code);
        }

        private void runOnThread() {
            runCode();
            giveBack();
        }

        private void giveBack() {
            Thread waiting = caller;
            advancing = false;
            LockSupport.unpark(waiting);
        }

        @Override
        void proceed() {
            boolean first = caller == null;
            caller = Thread.currentThread();
            advancing = true;
            if (first) {
                thread.start();
            } else {
                LockSupport.unpark(thread);
            }
            while (advancing) {
                LockSupport.park(this);
            }
        }

        @Override
        void pause() {
            giveBack();
            while (!advancing) {
                LockSupport.park(this);
            }
            if (abandoned) {
                throw new Abandoned();
            }
        }

        @Override
        void abandon() {
            abandoned = true;
            proceed();
        }
    }
}
