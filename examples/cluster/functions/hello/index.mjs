// With a host in the stack's config: curl https://<host>/hello?name=Ada
export function handler(event) {
  return { message: `${process.env.GREETING ?? 'Hello'}, ${event.query?.name ?? 'world'}!` };
}
