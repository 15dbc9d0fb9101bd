/** Where work waits until a person lets it through. */
export class Turnstile {
  private readonly waiting = new Set<() => void>();

  /** @throws the reason of the signal when the wait is given up. */
  async wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        this.waiting.delete(pass);
        reject(signal.reason as Error);
      };
      const pass = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      this.waiting.add(pass);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Lets everything through that waits now. */
  open(): void {
    const passes = [...this.waiting];
    this.waiting.clear();
    for (const pass of passes) pass();
  }
}
