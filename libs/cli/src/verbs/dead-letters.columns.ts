import type { DeadLetter, DeadLetterGroup } from 'millrace/operations';
import { positionText } from '../input/position';
import type { Column } from '../output/columns';

/** A list of dead letters. */
export const LETTER_COLUMNS: ReadonlyArray<Column<DeadLetter>> = [
  { name: 'failed', value: ({ failedAt }) => failedAt },
  { name: 'position', value: ({ position }) => positionText(position) },
  { name: 'reason', value: ({ reason }) => reason },
  { name: 'code', value: ({ errorCode }) => errorCode },
  { name: 'group', value: ({ groupId }) => groupId },
  { name: 'key', value: ({ key }) => key },
  { name: 'redriven', value: ({ redriveCount }) => redriveCount, align: 'right' },
  {
    name: 'message',
    value: ({ errorMessage, parked }) => (parked ? `(parked) ${errorMessage}` : errorMessage),
    shrinks: true,
  },
];

/** Dead letters, counted by what went wrong. */
export const GROUP_COLUMNS: ReadonlyArray<Column<DeadLetterGroup>> = [
  { name: 'count', value: ({ count }) => count, align: 'right' },
  { name: 'reason', value: ({ reason }) => reason },
  { name: 'code', value: ({ errorCode }) => errorCode },
  { name: 'group', value: ({ groupId }) => groupId },
  { name: 'topic', value: ({ topic }) => topic },
  { name: 'oldest', value: ({ oldest }) => oldest },
  { name: 'newest', value: ({ newest }) => newest },
  { name: 'message', value: ({ message }) => message, shrinks: true },
];

/** A dead letter as a JSON line: everything but the record itself. */
export function letterJson({ record: _record, ...letter }: DeadLetter): unknown {
  return letter;
}
