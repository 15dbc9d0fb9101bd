import type { Contract } from 'millrace/contracts';
import type { NestHandler } from './handling';
import type { ErrorPolicy } from './policy';
import type { PipelineRecord } from './pipeline-record';
import type { SinkPort } from './sink';

/** Options that every way of reading a topic has. */
export interface ReadOptions {
  /** Exactly as written, no suffix: lag alerts and autoscalers name it. */
  readonly groupId: string;
  /** Label of metrics; default: the first part of the contract's name (`metals.price.quoted` → `metals`). */
  readonly pipeline?: string;
  /** Default: {@link DEFAULT_POLICY}. */
  readonly onError?: ErrorPolicy;
  /** Most records handled together; default: PIPELINE_SLICE_RECORDS. */
  readonly sliceRecords?: number;
  /** Where a group without a commit begins; default earliest. */
  readonly startAt?: 'earliest' | 'latest';
}

/** A sink that an adapter found; see {@link PipelineRegistry.registerSink}. */
export interface SinkRegistration {
  readonly contract: Contract;
  readonly groupId: string;
  readonly pipeline?: string;
  /** For messages; example `PriceSink`. */
  readonly name: string;
  readonly sink: SinkPort;
  /** How the sink tells repeats and versions; an in-memory sink behaves alike with it. */
  readonly identity: {
    id(record: PipelineRecord): string;
    version?(record: PipelineRecord): string | number | Date;
    document?(record: PipelineRecord): Readonly<Record<string, unknown>>;
  };
  readonly options: Omit<ReadOptions, 'groupId' | 'pipeline'>;
}

/** One reader of one topic in one group. */
export interface Subscription {
  readonly topic: string;
  readonly options: ReadOptions;
  readonly pipeline: string;
  /** null for handlers without a contract. */
  readonly contract: Contract | null;
  /** For messages; example `MetalsController.onPrice`. */
  readonly name: string;
  readonly target:
    | { readonly kind: 'record' | 'batch'; readonly handler: NestHandler }
    | { readonly kind: 'sink'; readonly sink: SinkPort };
}

/** First part of a dotted name: `metals.price.quoted` → `metals`. */
export function pipelineOf(name: string): string {
  return name.split('.', 1)[0] ?? name;
}
