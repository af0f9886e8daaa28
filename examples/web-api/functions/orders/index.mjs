// curl -H 'content-type: application/json' -d '{"lines":[{"product":"tea","count":3}]}' http://127.0.0.1:8080/orders
export async function handler({ body }, context) {
  const problem = problemOf(body);
  if (problem !== undefined) return { statusCode: 400, body: { error: problem } };
  const lines = [];
  for (const { product, count } of body.lines) {
    const found = await fetch(`${process.env.PRODUCTS_URL}/${encodeURIComponent(product)}`, { signal: context.signal });
    if (found.status === 404) return { statusCode: 400, body: { error: `there is no product ${product}` } };
    if (!found.ok) throw new Error(`products answered ${found.status}`);
    lines.push({ ...(await found.json()), count });
  }
  const priced = await fetch(process.env.PRICE_URL, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ lines: lines.map(({ cents, count }) => ({ cents, count })) }),
    signal: context.signal,
  });
  if (!priced.ok) throw new Error(`price answered ${priced.status}`);
  return { statusCode: 201, body: { order: context.requestId, lines, ...(await priced.json()) } };
}

function problemOf(body) {
  if (!Array.isArray(body?.lines) || body.lines.length === 0 || body.lines.length > 50) return 'lines must be a list of 1 to 50 entries';
  const bad = body.lines.find((line) => typeof line?.product !== 'string' || !Number.isInteger(line.count) || line.count < 1 || line.count > 100);
  return bad === undefined ? undefined : `each line needs a product and a count from 1 to 100, not ${JSON.stringify(bad)}`;
}
