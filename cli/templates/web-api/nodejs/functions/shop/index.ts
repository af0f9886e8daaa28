const CENTS = new Map([
  ['mug', 950],
  ['pen', 250],
]);

export default {
  async fetch(request: Request): Promise<Response> {
    const [, collection, id] = new URL(request.url).pathname.split('/');
    if (collection === 'orders') return order(await request.json().catch(() => null));
    if (id === undefined) return Response.json([...CENTS].map(([product, cents]) => ({ id: product, cents })));
    const cents = CENTS.get(id);
    return cents === undefined ? refuse(404, `there is no product ${id}`) : Response.json({ id, cents });
  },
};

function order(body: unknown): Response {
  const { product, quantity } = (body ?? {}) as { product?: unknown; quantity?: unknown };
  const cents = CENTS.get(String(product));
  if (cents === undefined || !isQuantity(quantity)) return refuse(400, 'send {"product":"mug","quantity":1}');
  return Response.json({ product, quantity, cents: cents * quantity }, { status: 201 });
}

function isQuantity(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 100;
}

function refuse(status: number, error: string): Response {
  return Response.json({ error }, { status });
}
