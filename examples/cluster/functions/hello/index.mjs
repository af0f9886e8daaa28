// curl https://functions.example.com/hello?name=Ada
export function handler(event) {
  return { message: `${process.env.GREETING}, ${event.query?.name ?? 'world'}!` };
}
