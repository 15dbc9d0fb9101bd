/**
 * Names the record of a batch that failed.
 *
 * Records before it keep their outcome (stored), it is classified, the rest is handled again.
 * Not an error of its own: the cause is what gets classified.
 *
 * @example throw BatchError.at(3, permanent('negative price'));
 */
export class BatchError extends Error {
  private constructor(
    readonly index: number,
    cause: unknown,
  ) {
    super(`record ${index} of the batch failed`, { cause });
    this.name = 'BatchError';
  }

  /** @param index - position in the batch, from 0. */
  static at(index: number, cause: unknown): BatchError {
    return new BatchError(index, cause);
  }
}
