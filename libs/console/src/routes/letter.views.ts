import type { DeadLetter, DeadLetterView } from 'millrace/operations';

/** One dead letter in a list: without what the record holds, and without its key when that is off. */
export function letterView(letter: DeadLetter, showsMessages: boolean): Record<string, unknown> {
  const { record: _record, key, timestampMs, ...facts } = letter;
  return { ...facts, writtenAt: timeOf(timestampMs), key: showsMessages ? key : null };
}

/** One dead letter with its headers and its value, as far as they may be shown. */
export function letterDetails(
  view: DeadLetterView,
  showsMessages: boolean,
): Record<string, unknown> {
  const letter = letterView(view.letter, showsMessages);
  if (showsMessages) return { letter, headers: view.headers, value: view.value };
  return { letter, headers: null, value: null, withheld: 'messages-off' };
}

/** Kafka's timestamps can be any number; null = it is no time. */
function timeOf(ms: number): string | null {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}
