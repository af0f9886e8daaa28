interface HttpEvent {
  readonly query: Readonly<Record<string, string | string[]>>;
}

export function handler(event: HttpEvent) {
  const { name = 'world' } = event.query;
  return { message: `Hello, ${name}!`, environment: process.env.ENVIRONMENT };
}
