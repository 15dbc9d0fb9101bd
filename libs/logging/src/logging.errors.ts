import type { MillraceErrorClass } from 'millrace/errors';

/** Every error class of this lib, for the catalogue: it throws none, a log must not break its caller. */
export const LOGGING_ERRORS: readonly MillraceErrorClass[] = [];
