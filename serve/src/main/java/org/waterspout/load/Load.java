package org.waterspout.load;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.waterspout.error.CancelledException;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;

/**
 * A load for a server.
 *
 * @param server   its address, such as {@code http://localhost:8080}
 * @param key      for its interface, if it asks for one
 * @param model    for the requests that name none; the first that the server lists where it is empty
 * @param mix      what is asked
 * @param requests how many, for each rate
 * @param streams  most requests at once; those that come when so many are under way wait, and that counts
 * @param timeout  for each answer
 * @param seed     of the arrivals and of the order of the requests
 */
public record Load(URI server, Optional<String> key, Optional<String> model, Mix mix, int requests, int streams, Duration timeout,
        long seed) {

    public Load {
        if (requests < 1 || streams < 1 || timeout.isNegative() || timeout.isZero()) {
            throw new InvalidRequestException("requests, streams and the time for an answer must be above 0");
        }
        if (!List.of("http", "https").contains(String.valueOf(server.getScheme())) || server.getHost() == null) {
            throw new InvalidRequestException(Quoted.of(server.toString()) + " is no address of a server; one is http://localhost:8080");
        }
    }

    /**
     * Runs the load.
     *
     * @param rate requests a second, which come whether or not the server keeps up; 0 for all streams busy at any time
     * @throws InvalidRequestException where a model is to be asked for and the server names none
     * @throws CancelledException      when the thread is interrupted
     */
    public LoadReport run(double rate) {
        try (LoadClient client = new LoadClient(server, key, timeout);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Mix.Entry> drawn = mix.completed(model.orElseGet(client::firstModel)).draw(requests, seed);
            Arrivals arrivals = new Arrivals(rate, seed);
            long[] times = arrivals.times(requests);
            Semaphore free = new Semaphore(streams);
            ConcurrentLinkedQueue<Sample> samples = new ConcurrentLinkedQueue<>();
            long start = System.nanoTime();
            List<? extends Future<?>> sent = IntStream.range(0, requests).mapToObj(number -> threads.submit(() -> {
                sleepUntil(start + times[number]);
                free.acquire();
                try {
                    samples.add(client.send(drawn.get(number), arrivals.isOpen() ? start + times[number] : System.nanoTime()));
                } finally {
                    free.release();
                }
                return null;
            })).toList();
            for (Future<?> one : sent) {
                one.get();
            }
            return LoadReport.of(rate, (System.nanoTime() - start) / 1e9, List.copyOf(samples));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted", interrupted);
        } catch (ExecutionException failure) {
            throw new IllegalStateException("a request ended in no known way", failure.getCause());
        }
    }

    private static void sleepUntil(long time) throws InterruptedException {
        for (long left = time - System.nanoTime(); left > 0; left = time - System.nanoTime()) {
            Thread.sleep(Duration.ofNanos(left));
        }
    }
}
