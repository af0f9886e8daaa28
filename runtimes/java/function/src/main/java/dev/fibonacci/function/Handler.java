package dev.fibonacci.function;

/**
 * A function of signature {@code event} as a class: its handler is then the class's name alone, {@code com.acme.Hello}.
 * The class needs a public constructor without parameters; one instance serves all requests of a revision, side by side.
 *
 * @param <I> {@link Event}, {@link CloudEvent}, {@code Map<String, Object>}, or what the body (or a CloudEvent's data) is decoded to: a record, a class with fields, a list, {@code String}, {@code byte[]}
 * @param <O> nothing ({@code null}), {@code String}, {@code byte[]}, {@link java.io.InputStream}, an iterator, iterable or stream of strings and bytes, {@link Response}, {@link CloudEvent}, or
 *     anything that JSON can say; a {@link java.util.concurrent.CompletionStage} of these is awaited
 */
@FunctionalInterface
public interface Handler<I, O> {
  O handle(I event, Context context) throws Exception;
}
