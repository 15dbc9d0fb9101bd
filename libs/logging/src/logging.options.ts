import type { DestinationStream } from 'pino';

/** What {@link LoggingModule} needs. */
export interface LoggingOptions {
  /** On every line; example `processor`. */
  readonly service: string;
  /** On every line. */
  readonly version: string;
  /** Lowest level that is logged: trace, debug, info, warn, error, fatal or silent. Default info. */
  readonly level?: string;
  /** Lines for people, made by pino-pretty where it is installed. Default false: JSON. */
  readonly pretty?: boolean;
  /** Where lines go. Default: standard output, written synchronously. */
  readonly destination?: DestinationStream;
}
