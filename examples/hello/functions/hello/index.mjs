// curl 'http://127.0.0.1:8080/hello?name=Ada'
export function handler(event) {
  const name = event.query?.name ?? 'world';
  return { message: `${process.env.GREETING}, ${name}!` };
}
