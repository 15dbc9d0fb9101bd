import { installGuards } from 'millrace/kafka';

/**
 * Gives the hand-written loops the record decoder that the framework reads with, so that a pair
 * compares two loops and not two decoders.
 */
export function installDecodeGuard(): void {
  installGuards();
}
