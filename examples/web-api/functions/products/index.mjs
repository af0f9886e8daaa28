const PRODUCTS = [
  { id: 'tea', name: 'Green tea', cents: 499 },
  { id: 'cup', name: 'Cup', cents: 1250 },
  { id: 'pot', name: 'Teapot', cents: 3900 },
];

// curl http://127.0.0.1:8080/products
// curl http://127.0.0.1:8080/products/tea
export function handler({ path }) {
  const id = path.split('/')[2];
  if (id === undefined || id === '') return { products: PRODUCTS };
  const product = PRODUCTS.find((one) => one.id === decodeURIComponent(id));
  return product ?? { statusCode: 404, body: { error: `there is no product ${id}` } };
}
