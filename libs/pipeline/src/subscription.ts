import type { Contract } from 'millrace/contracts';
import type { NestHandler } from './handling/handling';
import type { ErrorPolicy } from './failures/policy';
import type { PipelineRecord } from './records/pipeline-record';
import type { SinkPort } from './ports/sink';

/** Bounds of a slice: it closes at the first of the three. */
export interface SliceWindow {
  /** Default: PIPELINE_SLICE_RECORDS; unit records. */
  readonly maxRecords?: number;
  /** Keys and values together; a longer record comes alone; default: no bound; unit bytes. */
  readonly maxBytes?: number;
  /** How long a slice that is not full waits for more; default 0; unit ms. */
  readonly maxWaitMs?: number;
}

/** When a handler stops itself; default {@link STOP_THE_LINE_DEFAULTS}. */
export interface StopTheLineOptions {
  /** Share of dead letters in the window; range 0-1. */
  readonly deadLetterRatio?: number;
  /** Sliding window; unit ms. */
  readonly windowMs?: number;
  /** Below it the ratio says nothing; unit records. */
  readonly minRecords?: number;
  /** Dead letters in a row on one partition. */
  readonly maxConsecutive?: number;
}

/** Opens after failures that may pass, so that a struggling service is left alone for a while. */
export interface CircuitBreakerOptions {
  /** Share of failed calls that opens it; range 0-1; default 0.5. */
  readonly failureRatio?: number;
  /** Sliding window; default 10 000; unit ms. */
  readonly windowMs?: number;
  /** Below it the ratio says nothing; default 20; unit calls. */
  readonly minCalls?: number;
  /** How long it stays open before one call tries; default 5 000; unit ms. */
  readonly openMs?: number;
}

/** Options that every way of reading a topic has. */
export interface ReadOptions {
  /** Exactly as written, no suffix: lag alerts and autoscalers name it. */
  readonly groupId: string;
  /** Label of metrics; default: the first part of the contract's name (`metals.price.quoted` → `metals`). */
  readonly pipeline?: string;
  /** Default: {@link DEFAULT_POLICY}. */
  readonly onError?: ErrorPolicy;
  /** What is handled together. */
  readonly window?: SliceWindow;
  /** Records of a partition handled at the same time, in order per key; only for `@Consumes`; default 1. */
  readonly concurrencyPerPartition?: number;
  /** Longest time of one call; its signal fires then; default: PIPELINE_HANDLER_TIMEOUT_MS; unit ms. */
  readonly timeoutMs?: number;
  /** Dependencies that must answer before a record is handled, beside those of the sink; example `['mongo']`. */
  readonly needs?: readonly string[];
  /** Most records per time, per process. */
  readonly rateLimit?: { readonly records: number; readonly perMs: number };
  readonly circuitBreaker?: CircuitBreakerOptions;
  /**
   * Bounds the calls of all partitions of this process together by their latency: fewer while they
   * get slow, more while they are fast, never more than `max`. Default: no such bound; unit calls.
   */
  readonly adaptiveConcurrency?: { readonly max: number };
  /** false = never. */
  readonly stopTheLine?: StopTheLineOptions | false;
  /** Remembers dealt-with events in the inbox of an adapter; for effects that are no document; default false. */
  readonly inbox?: boolean;
  /** `group` gives each group retry topics of its own: `<topic>.<group>.retry.<n>`; default `topic`. */
  readonly retryTopicScope?: 'topic' | 'group';
  /**
   * `transaction`: only sinks of adapters with an offset store. The position of the group is stored in
   * the transaction of the data; commits are only made for those who look at lag. Default `kafka`.
   */
  readonly offsets?: 'kafka' | 'transaction';
  /** Where a group without a commit begins; default earliest. */
  readonly startAt?: 'earliest' | 'latest';
  /** When retention deleted what was not read yet; default stop. */
  readonly onOffsetLost?: 'stop' | 'continue-earliest' | 'continue-latest';
  /** When a range of the log cannot be decoded; default quarantine: a pointer in the dead letter topic, then on. */
  readonly onUndecodable?: 'quarantine' | 'stop';
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
    | {
        readonly kind: 'sink';
        readonly sink: SinkPort;
        /** It changes documents in place and compares no versions; default false. */
        readonly updates?: boolean;
      };
}

/** First part of a dotted name: `metals.price.quoted` → `metals`. */
export function pipelineOf(name: string): string {
  return name.split('.', 1)[0] ?? name;
}
