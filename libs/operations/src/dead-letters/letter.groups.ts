import type { DeadLetter, DeadLetterGroup } from './dead-letter';

/** Everybody who may write to the topic can make up codes; what comes later is counted together. */
const MAX_GROUPS = 1_000;
const MAX_MESSAGE_CHARACTERS = 200;

interface Counting {
  readonly first: DeadLetter;
  count: number;
  oldestMs: number;
  newestMs: number;
}

/** Counts letters that failed alike. */
export class LetterGroups {
  private readonly groups = new Map<string, Counting>();

  add(letter: DeadLetter): void {
    const key = keyOf(letter);
    const known = this.groups.get(key) ?? this.groups.get(this.isFull ? OTHERS : key);
    const { timestampMs } = letter;
    if (known === undefined) {
      const group = {
        first: letterless(letter),
        count: 1,
        oldestMs: timestampMs,
        newestMs: timestampMs,
      };
      this.groups.set(this.isFull ? OTHERS : key, group);
      return;
    }
    known.count += 1;
    known.oldestMs = Math.min(known.oldestMs, timestampMs);
    known.newestMs = Math.max(known.newestMs, timestampMs);
  }

  /** Most frequent first. */
  list(): readonly DeadLetterGroup[] {
    return [...this.groups]
      .map(([key, group]) => (key === OTHERS ? othersOf(group) : groupOf(group)))
      .sort((one, two) => two.count - one.count);
  }

  private get isFull(): boolean {
    return this.groups.size >= MAX_GROUPS;
  }
}

const OTHERS = 'others';

function keyOf({ reason, errorCode, groupId, original }: DeadLetter): string {
  return JSON.stringify([reason, errorCode, groupId, original?.topic ?? null]);
}

/** Does not keep the fetch buffer. */
function letterless(letter: DeadLetter): DeadLetter {
  const bare = { offset: letter.position.offset, timestampMs: letter.timestampMs };
  return { ...letter, record: { ...bare, key: null, value: null, headers: [] } };
}

function groupOf({ first, count, oldestMs, newestMs }: Counting): DeadLetterGroup {
  const { reason, errorCode, errorMessage, groupId, original } = first;
  return {
    reason,
    errorCode,
    message: errorMessage?.slice(0, MAX_MESSAGE_CHARACTERS) ?? null,
    groupId,
    topic: original?.topic ?? null,
    count,
    oldest: new Date(oldestMs),
    newest: new Date(newestMs),
  };
}

function othersOf({ count, oldestMs, newestMs }: Counting): DeadLetterGroup {
  const times = { oldest: new Date(oldestMs), newest: new Date(newestMs) };
  const message = `more than ${MAX_GROUPS} kinds: the others together`;
  return { reason: null, errorCode: null, message, groupId: null, topic: null, count, ...times };
}
