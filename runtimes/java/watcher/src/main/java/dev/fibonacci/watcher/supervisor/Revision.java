package dev.fibonacci.watcher.supervisor;

import dev.fibonacci.watcher.link.Order;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Code on the disk, and what an executor is told of it. */
record Revision(LoadDocument document, Path folder, Order order) {
  /** {@code base} is what user code finds in its environment beside its own variables. */
  static Revision of(LoadDocument document, Path folder, Map<String, String> base) {
    FunctionRef function = document.function();
    Map<String, String> environment = new LinkedHashMap<>(base);
    environment.putAll(document.env());
    environment.put("FIB_FUNCTION", function.fullName());
    environment.put("FIB_CONTENT", document.content());
    Order order =
        new Order(
            function.namespace(),
            function.name(),
            document.content(),
            folder.toString(),
            document.handler(),
            document.signature(),
            document.processMode(),
            document.concurrency(),
            document.timeoutMs(),
            document.maxBodyBytes(),
            environment);
    return new Revision(document, folder, order);
  }
}
