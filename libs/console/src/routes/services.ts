import type { Settings } from 'millrace/config';
import type { Operations } from 'millrace/operations';
import type { AuditLog } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import type { Sessions } from '../access/sessions';
import type { ConsoleSettings } from '../console.config';
import type { EventStreams } from '../stream/event-streams';

/** What routes translate for. */
export interface ConsoleServices {
  readonly operations: Operations;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly settings: Pick<Settings, 'effective' | 'get'>;
  readonly console: Pick<ConsoleSettings, 'messages' | 'redriveMaxRate'>;
  readonly sessions: Sessions;
  readonly streams: Pick<EventStreams, 'open'>;
  readonly clock: Clock;
}
