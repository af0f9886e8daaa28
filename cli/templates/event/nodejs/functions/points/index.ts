interface OrderPaid {
  /** The same if an event comes twice. */
  readonly id: string;
  readonly data?: { readonly order: number; readonly total?: number };
}

export function handler({ id, data }: OrderPaid) {
  if (typeof data?.total !== 'number') return { statusCode: 400, body: { error: 'send a CloudEvent with the order and its total' } };
  console.log(`event ${id}: order ${data.order} is paid`);
  return { order: data.order, points: Math.floor(data.total) };
}
