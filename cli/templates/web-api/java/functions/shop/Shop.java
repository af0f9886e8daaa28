import dev.fibonacci.function.Event;
import dev.fibonacci.function.Response;
import java.util.List;
import java.util.Map;

public final class Shop {
  record Product(String id, int cents) {}

  record Order(String product, int quantity, int cents) {}

  private static final List<Product> PRODUCTS = List.of(new Product("mug", 950), new Product("pen", 250));

  public static Object handle(Event event) {
    String[] path = event.path().split("/", -1);
    if (path[1].equals("orders")) return order(event.body());
    if (path.length == 2) return PRODUCTS;
    Product product = find(path[2]);
    return product == null ? refuse(404, "there is no product " + path[2]) : product;
  }

  private static Object order(Object body) {
    if (body instanceof Map<?, ?> order && order.get("quantity") instanceof Number number && number.doubleValue() == number.intValue()) {
      Product product = find(order.get("product"));
      int quantity = number.intValue();
      if (product != null && quantity > 0 && quantity <= 100) return Response.of(201, new Order(product.id(), quantity, product.cents() * quantity));
    }
    return refuse(400, "send {\"product\":\"mug\",\"quantity\":1}");
  }

  private static Product find(Object id) {
    return PRODUCTS.stream().filter(product -> product.id().equals(id)).findFirst().orElse(null);
  }

  private static Response refuse(int status, String error) {
    return Response.of(status, Map.of("error", error));
  }
}
