// Called every five minutes by a timer; calls another function by its URL.
export async function handler(event, context) {
  const response = await fetch(`${process.env.HELLO_URL}?name=timer`, { signal: context.signal });
  const { message } = await response.json();
  context.log.info('ticked', { event: event.id, message });
  return { message };
}
