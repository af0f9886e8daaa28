package dev.fibonacci.watcher.executor;

import com.google.cloud.functions.HttpResponse;
import dev.fibonacci.watcher.http.ClientGone;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A response as Functions Framework takes it: it begins with the first flush, or when its buffer is full; else it goes out whole. */
final class HttpReply implements HttpResponse {
  private static final int BUFFER_BYTES = 32 * 1024;

  private final Exchange exchange;
  private final Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private final Body body = new Body();
  private int status = 200;
  private BufferedWriter writer;

  HttpReply(Exchange exchange) {
    this.exchange = exchange;
  }

  @Override
  public void setStatusCode(int code) {
    status = code;
  }

  /** The text is not sent: HTTP/2 and later have none. */
  @Override
  public void setStatusCode(int code, String message) {
    status = code;
  }

  @Override
  public void setContentType(String contentType) {
    headers.put("content-type", new ArrayList<>(List.of(contentType)));
  }

  @Override
  public Optional<String> getContentType() {
    return Optional.ofNullable(headers.get("content-type")).map(List::getFirst);
  }

  @Override
  public void appendHeader(String name, String value) {
    headers.computeIfAbsent(name, key -> new ArrayList<>(1)).add(value);
  }

  @Override
  public Map<String, List<String>> getHeaders() {
    return headers;
  }

  @Override
  public OutputStream getOutputStream() {
    return body;
  }

  @Override
  public synchronized BufferedWriter getWriter() {
    if (writer == null) writer = new BufferedWriter(new OutputStreamWriter(body, Bodies.charset(getContentType().orElse(null))), 1024);
    return writer;
  }

  /** Sends what is left. */
  void finish() throws IOException {
    if (writer != null) {
      body.holdsBack = true;
      writer.flush();
    }
    if (exchange.isBegun()) {
      body.send();
      exchange.end();
    } else {
      exchange.send(checkedStatus(), fields(), Arrays.copyOf(body.buffer, body.length));
    }
  }

  private int checkedStatus() {
    if (status < 200 || status > 599) throw new BadResponse("the status must be an integer from 200 to 599, and is " + status + ".");
    return status;
  }

  private List<Map.Entry<String, String>> fields() {
    List<Map.Entry<String, String>> fields = new ArrayList<>();
    headers.forEach((name, values) -> {
      for (String value : values) fields.add(Results.field(name, value));
    });
    return fields;
  }

  private final class Body extends OutputStream {
    private byte[] buffer = new byte[1024];
    private int length;
    /** The end of the response follows: a flush need not send. */
    private boolean holdsBack;

    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      if (length + count > BUFFER_BYTES) send();
      if (count > BUFFER_BYTES) {
        sendNow(Arrays.copyOfRange(bytes, from, from + count), count);
        return;
      }
      if (length + count > buffer.length) buffer = Arrays.copyOf(buffer, Math.min(BUFFER_BYTES, Math.max(2 * buffer.length, length + count)));
      System.arraycopy(bytes, from, buffer, length, count);
      length += count;
    }

    @Override
    public void flush() throws IOException {
      if (!holdsBack) send();
    }

    private void send() throws ClientGone {
      if (length == 0 && exchange.isBegun()) return;
      sendNow(buffer, length);
      length = 0;
    }

    private void sendNow(byte[] bytes, int count) throws ClientGone {
      if (exchange.isBegun()) exchange.write(bytes, count);
      else exchange.begin(checkedStatus(), fields(), bytes, count);
    }
  }
}
