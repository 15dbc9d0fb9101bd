import type { MillraceErrorClass } from 'millrace/errors';
import { CODEC_ERRORS } from './errors/codec.errors';
import { CONNECTION_ERRORS } from './errors/connection.errors';
import { GROUP_ERRORS } from './errors/group.errors';
import { PUBLISH_ERRORS } from './errors/publish.errors';
import { SETTINGS_ERRORS } from './errors/settings.errors';

/** Every error class of this lib, for the catalogue. */
export const KAFKA_ERRORS: readonly MillraceErrorClass[] = [
  ...CONNECTION_ERRORS,
  ...GROUP_ERRORS,
  ...PUBLISH_ERRORS,
  ...CODEC_ERRORS,
  ...SETTINGS_ERRORS,
];
