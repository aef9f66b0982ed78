/** Lets the browser respond to the user, and paint, before the next piece of work: a slow phone takes long enough for each. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    // A timer would wait for longer, and a page in the background for a second.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
