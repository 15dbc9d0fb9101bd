/** `short` for every run of the tests, `full` before a release; `RELIABILITY_FORM`. */
export const isFull = (): boolean => process.env['RELIABILITY_FORM'] === 'full';

/** The size of a scenario in the form of this run. */
export const sized = <T>(sizes: { readonly short: T; readonly full: T }): T =>
  isFull() ? sizes.full : sizes.short;
