import { DEAD_LETTER_HEADERS, deadLetterTopicOf, headerText } from 'millrace/pipeline';
import type { DeadLetter, OriginalPosition } from '../dead-letters/dead-letter';
import type { RedriveOrder, RedriveRefusal } from './redrive.views';

/** A letter that says whose it is. */
export interface AddressedLetter extends DeadLetter {
  readonly groupId: string;
  readonly original: OriginalPosition;
}

/**
 * Says why a letter is not sent back; null = it is.
 *
 * @param isCovered - true when a redrive before has sent it.
 */
export function refusalOf(
  letter: DeadLetter,
  { maxRedrives, force }: Pick<RedriveOrder, 'maxRedrives' | 'force'>,
  isCovered: (letter: DeadLetter) => boolean,
): RedriveRefusal | null {
  if (isUndecodable(letter)) return 'undecodable';
  if (letter.truncated !== null) return 'truncated';
  if (!isAddressed(letter)) return 'unaddressed';
  if (letter.parked) return 'parked';
  if (force) return null;
  if (letter.redriveCount >= maxRedrives) return 'redrive-limit';
  return isCovered(letter) ? 'already-redriven' : null;
}

/** A letter of another topic than the one it names was not written by a pipeline. */
export function isAddressed(letter: DeadLetter): letter is AddressedLetter {
  const { groupId, original, position, record } = letter;
  if (groupId === null || groupId === '' || original === null) return false;
  if (record.malformed !== undefined) return false;
  return deadLetterTopicOf(original.topic) === position.topic;
}

function isUndecodable({ reason, record }: DeadLetter): boolean {
  if (reason === 'undecodable' || record.undecodable !== undefined) return true;
  return headerText(record, DEAD_LETTER_HEADERS.undecodableRecords) !== null;
}
