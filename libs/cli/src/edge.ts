import type { Readable, Writable } from 'node:stream';
import type { Settings } from 'millrace/config';
import type { ServerFacts } from 'millrace/mongo';
import type { Operations } from 'millrace/operations';
import type { AuditLog, ControlStore, KafkaDriver } from 'millrace/pipeline';
import type { Clock, Random } from 'millrace/retry';
import type { CliProject } from './project';

/** Why a command was stopped from outside: Ctrl-C, or nobody reads its output any more. */
export type CliStop = 'interrupted' | 'output-closed';

/** A stream of text that may be a terminal. */
export type TextOutput = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What a verb talks to. */
export const SERVERS = ['kafka', 'database'] as const;
export type ServerName = (typeof SERVERS)[number];

/** The servers of one command, made from settings; nothing is opened before `open`. */
export interface Servers {
  readonly driver: KafkaDriver;
  readonly operations: Operations;
  readonly controls: ControlStore;
  readonly audit: AuditLog;
  /** @throws {MillraceError} infrastructure when one of them does not answer. */
  open(names: readonly ServerName[]): Promise<void>;
  /** What the database is and can do; opens it. @throws {MillraceError} */
  databaseFacts(): Promise<ServerFacts>;
  /** Leaves no handle behind. */
  close(): Promise<void>;
}

/** Everything outside of a command; tests bring their own. */
export interface CliEdge {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths begin here, and so does the search for package.json. */
  readonly directory: string;
  /** Version of the package; for `--version`. */
  readonly version: string;
  /** The user of the operating system; for the audit when `--by` is not given. */
  readonly user: () => string;
  readonly clock: Clock;
  readonly random: Random;
  /** Fires with a {@link CliStop}. */
  readonly signal: AbortSignal;
  /** Default of `main`: Kafka and MongoDB. */
  readonly servers: (settings: Settings, project: CliProject | undefined) => Servers;
}
