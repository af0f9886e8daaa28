package dev.fibonacci.watcher.executor;

import com.google.gson.Gson;
import com.google.gson.TypeAdapter;
import com.google.gson.TypeAdapterFactory;
import com.google.gson.reflect.TypeToken;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import dev.fibonacci.watcher.Json;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.time.DateTimeException;
import java.time.temporal.Temporal;
import java.time.temporal.TemporalAmount;
import java.util.Optional;

/** JSON of user code's own types: records, classes with fields, {@code java.time} as ISO 8601, {@link Optional} as its value or null. One a revision, as it remembers classes. */
final class UserJson {
  private UserJson() {}

  static Gson create() {
    return Json.settings().registerTypeAdapterFactory(new Times()).registerTypeAdapterFactory(new Optionals()).create();
  }

  private static final class Times implements TypeAdapterFactory {
    @Override
    public <T> TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
      Class<? super T> raw = type.getRawType();
      if (!raw.getName().startsWith("java.time.") || !(Temporal.class.isAssignableFrom(raw) || TemporalAmount.class.isAssignableFrom(raw))) return null;
      try {
        return new Time<>(raw.getMethod("parse", CharSequence.class));
      } catch (NoSuchMethodException abstractType) {
        return null;
      }
    }
  }

  private static final class Time<T> extends TypeAdapter<T> {
    private final Method parse;

    Time(Method parse) {
      this.parse = parse;
    }

    @Override
    public void write(JsonWriter out, T value) throws IOException {
      out.value(value == null ? null : value.toString());
    }

    @Override
    @SuppressWarnings("unchecked")
    public T read(JsonReader in) throws IOException {
      if (in.peek() == JsonToken.NULL) {
        in.nextNull();
        return null;
      }
      try {
        return (T) parse.invoke(null, in.nextString());
      } catch (InvocationTargetException | IllegalAccessException error) {
        throw new DateTimeException("it is no " + parse.getDeclaringClass().getSimpleName(), error);
      }
    }
  }

  private static final class Optionals implements TypeAdapterFactory {
    @Override
    @SuppressWarnings("unchecked")
    public <T> TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
      if (type.getRawType() != Optional.class) return null;
      TypeToken<?> inner = type.getType() instanceof ParameterizedType of ? TypeToken.get(of.getActualTypeArguments()[0]) : TypeToken.get(Object.class);
      TypeAdapter<Object> values = (TypeAdapter<Object>) gson.getAdapter(inner);
      return (TypeAdapter<T>)
          new TypeAdapter<Optional<?>>() {
            @Override
            public void write(JsonWriter out, Optional<?> value) throws IOException {
              values.write(out, value == null ? null : value.orElse(null));
            }

            @Override
            public Optional<?> read(JsonReader in) throws IOException {
              return Optional.ofNullable(values.read(in));
            }
          };
    }
  }
}
