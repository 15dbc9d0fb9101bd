import { createRequire } from 'node:module';
import { pino, stdTimeFunctions } from 'pino';
import type { DestinationStream, Logger, LoggerOptions } from 'pino';
import type { LoggingOptions } from './logging.options';
import { recordContext } from './record-context';
import { redactLine } from './redact';

/** Field `event` of a line that names none, as those of Nest itself. */
const UNNAMED_EVENT = 'app.log';

/**
 * Makes the pino logger behind Nest's: one JSON object per line with `level` as text, `time` in RFC 3339
 * with milliseconds, `service`, `version`, `event` and the fields of the record at work.
 */
export function createLogger(options: LoggingOptions): Logger {
  const settings: LoggerOptions = {
    level: options.level ?? 'info',
    base: { service: options.service, version: options.version },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    // A copy: pino writes the fields of the line into what it gets.
    mixin: () => ({ event: UNNAMED_EVENT, ...recordContext.fields() }),
    hooks: { streamWrite: redactLine },
  };
  const { destination = pino.destination({ sync: true }), pretty } = options;
  return pino(settings, pretty === true ? prettyOver(destination) : destination);
}

/** The part of pino-pretty that is used. */
interface PrettyModule {
  prettyFactory(options: Record<string, unknown>): (line: string) => string;
}

/** pino-pretty is only there in development: without it lines stay JSON. */
function prettyOver(destination: DestinationStream): DestinationStream {
  try {
    const { prettyFactory } = createRequire(__filename)('pino-pretty') as PrettyModule;
    const pretty = prettyFactory({
      ignore: 'service,version,event,context',
      translateTime: 'SYS:HH:MM:ss.l',
      singleLine: true,
    });
    return { write: (line) => destination.write(pretty(line)) };
  } catch {
    return destination;
  }
}
