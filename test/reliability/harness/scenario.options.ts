import { join } from 'node:path';
import { PARTS } from '../service/workload';
import type { Part, Variant, Workload } from '../service/workload';

export interface ScenarioOptions {
  /** Part of every name, and of the report; kebab-case. */
  readonly name: string;
  /** One sentence for the report: what is tried. */
  readonly about?: string;
  /** Default: all three groups. */
  readonly parts?: readonly Part[];
  /** Default 12. */
  readonly partitions?: number;
  /** Few of them: the local database looks through all for a guarded write. Default 100. */
  readonly accounts?: number;
  readonly variant?: Variant;
  /** Longest wait inside of a bulk; default 20; unit ms. */
  readonly halfBulkMs?: number;
  /** After this silence the group gives a member up; default 4,000; unit ms. */
  readonly sessionMs?: number;
  /** Every nth sequence fails at its first attempt in the handler; default 0 = none. */
  readonly flakyEvery?: number;
  /** Of every member, over the defaults; example `{ KAFKA_BROKERS: proxies.addresses.join() }`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What every member is told, unless the scenario says otherwise. */
export const MEMBER_DEFAULTS = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'info',
  HTTP_HOST: '127.0.0.1',
  HTTP_PORT: '0',
  KAFKA_MAX_WAIT_MS: '200',
  PIPELINE_REVOKE_DRAIN_MS: '1300',
  // Often, so that a kill meets a commit that went too far, if there is one.
  PIPELINE_COMMIT_INTERVAL_MS: '50',
  MONGO_SERVER_SELECTION_TIMEOUT_MS: '2000',
};

/** @param dir - where the processes of the scenario write to. */
export function workloadFor(options: ScenarioOptions, run: string, dir: string): Workload {
  const {
    parts = PARTS,
    variant = null,
    flakyEvery = 0,
    halfBulkMs = 20,
    sessionMs = 4_000,
  } = options;
  const orderLog = join(dir, 'order.log');
  return { topic: run, run, parts, variant, orderLog, halfBulkMs, sessionMs, flakyEvery };
}
