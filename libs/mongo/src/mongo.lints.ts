import { defineLints } from 'millrace/config';
import { pipelineSettings } from 'millrace/pipeline';
import { uriFacts } from './connection-uri';
import type { MongoFields } from './mongo.config';
import { WriteConcernWeakError } from './mongo.errors';
import { TLS_LINTS } from './mongo.tls.lints';

const DAY_MS = 24 * 3_600_000;

/** What is unsafe between settings of the database, and with those of the pipeline. */
export const MONGO_LINTS = defineLints<MongoFields>([
  ...TLS_LINTS,
  {
    id: WriteConcernWeakError.definition.code,
    severity: 'refuse',
    settings: ['MONGODB_URI'],
    danger: 'a write is called stored and is gone when the primary changes',
    fix: WriteConcernWeakError.definition.fix,
    // The connection refuses it too.
    override: 'never',
    check: ({ uri }) => {
      const { weakOptions } = uriFacts(uri.reveal());
      if (weakOptions.length === 0) return null;
      return `${weakOptions.join(', ')} must not weaken w=majority, journal=true and retryWrites=true`;
    },
  },
  {
    id: 'SOCKET_ENDS_BEFORE_WRITE',
    severity: 'refuse',
    settings: ['MONGO_SOCKET_TIMEOUT_MS', 'MONGO_WRITE_TIMEOUT_MS'],
    danger:
      'connections of writes that still run are cut; 0 would keep those of dead servers for ever',
    fix: 'raise MONGO_SOCKET_TIMEOUT_MS to MONGO_WRITE_TIMEOUT_MS at least',
    check: ({ socketTimeoutMs, writeTimeoutMs }) =>
      socketTimeoutMs >= writeTimeoutMs
        ? null
        : `a socket of ${socketTimeoutMs} ms ends before a write of ${writeTimeoutMs} ms`,
  },
  {
    id: 'SINK_DEADLINE_BEFORE_WRITE',
    severity: 'warn',
    settings: ['PIPELINE_SINK_DEADLINE_MS', 'MONGO_WRITE_TIMEOUT_MS'],
    danger: 'a slow write is given up before its answer is known, and written again',
    fix: 'let PIPELINE_SINK_DEADLINE_MS be MONGO_WRITE_TIMEOUT_MS at least',
    check: ({ writeTimeoutMs }, { find }) => {
      const sinkDeadlineMs = find(pipelineSettings)?.sinkDeadlineMs ?? writeTimeoutMs;
      if (sinkDeadlineMs >= writeTimeoutMs) return null;
      return `a slice is given ${sinkDeadlineMs} ms and one write of it ${writeTimeoutMs} ms`;
    },
  },
  {
    id: 'INBOX_FORGETS_EARLY',
    severity: 'warn',
    settings: ['MONGO_INBOX_TTL_MS'],
    danger: 'an event that comes again after that, by a redrive or a replay, is handled twice',
    fix: 'keep events for a day at least, better as long as the topics keep records',
    check: ({ inboxTtlMs }) =>
      inboxTtlMs >= DAY_MS ? null : `the inbox forgets an event after ${inboxTtlMs} ms`,
  },
  {
    id: 'DELETED_FORGOTTEN_BEFORE_INBOX',
    severity: 'warn',
    settings: ['MONGO_DELETED_TTL_MS', 'MONGO_INBOX_TTL_MS'],
    danger: 'a late event brings a deleted document back',
    fix: 'let MONGO_DELETED_TTL_MS be MONGO_INBOX_TTL_MS at least',
    check: ({ deletedTtlMs, inboxTtlMs }) =>
      deletedTtlMs >= inboxTtlMs
        ? null
        : `markers stay for ${deletedTtlMs} ms and events are known for ${inboxTtlMs} ms`,
  },
]);
