import type { InboxPort } from 'millrace/pipeline';
import { MemorySinkDownError } from './testing.errors';
import { nextTurn } from './turns';

/** An inbox in memory: remembers for ever, and can be away. */
export class MemoryInbox implements InboxPort {
  readonly name: string;
  private readonly ids = new Map<string, Set<string>>();
  private isDown = false;

  /** @param name - of the dependency; default `memory`. */
  constructor(name = 'memory') {
    this.name = name;
  }

  /** Events that a group has dealt with, in the order in which they were remembered. */
  remembered(groupId: string): readonly string[] {
    return [...(this.ids.get(groupId) ?? [])];
  }

  inboxDown(): void {
    this.isDown = true;
  }

  inboxUp(): void {
    this.isDown = false;
  }

  async known(
    groupId: string,
    eventIds: readonly string[],
    options?: { readonly signal: AbortSignal },
  ): Promise<ReadonlySet<string>> {
    await this.answer(options);
    const known = this.ids.get(groupId);
    return new Set(eventIds.filter((eventId) => known?.has(eventId)));
  }

  async remember(
    groupId: string,
    eventIds: readonly string[],
    options?: { readonly signal: AbortSignal },
  ): Promise<void> {
    await this.answer(options);
    const known = this.ids.get(groupId) ?? new Set();
    for (const eventId of eventIds) known.add(eventId);
    this.ids.set(groupId, known);
  }

  private async answer(options?: { readonly signal: AbortSignal }): Promise<void> {
    await nextTurn();
    options?.signal.throwIfAborted();
    if (this.isDown) throw new MemorySinkDownError({ message: 'the in-memory inbox is away' });
  }
}
