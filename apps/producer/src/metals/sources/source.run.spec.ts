import { Logger } from '@nestjs/common';
import { CodecMalformedError } from 'millrace/contracts';
import { KafkaTopicMissingError, KafkaUnavailableError } from 'millrace/kafka';
import type { PublishOutcome } from 'millrace/pipeline';
import type { Clock } from 'millrace/retry';
import type { PriceToPublish } from '../price.publisher';
import { Ledger } from './ledger';
import type { Source, SourceEntry } from './source';
import { SourceRun } from './source.run';

const quick: Clock = {
  now: () => 0,
  monotonicMs: () => 0,
  setTimer: (callback) => {
    queueMicrotask(callback);
    return () => undefined;
  },
};

const entry = (eventId: string, price = 1): SourceEntry => ({
  event: { metal: 'gold', price, currency: 'USD', observedAt: '2024-01-01T00:00:00.000Z' },
  eventId,
});

function sourceOf(...chunks: ReadonlyArray<readonly SourceEntry[]>): Source {
  return {
    name: 'test',
    async *chunks() {
      yield* chunks;
    },
  };
}

/** Answers as a test says, and notes what it was asked to publish. */
class Publisher {
  readonly calls: string[][] = [];
  waiting = 0;
  mostWaiting = 0;

  constructor(
    private readonly answer: (eventId: string, call: number) => PublishOutcome | undefined,
  ) {}

  async publishAll(prices: readonly PriceToPublish[]): Promise<readonly PublishOutcome[]> {
    this.calls.push(prices.map(({ eventId }) => eventId));
    const call = this.calls.length;
    this.waiting += 1;
    this.mostWaiting = Math.max(this.mostWaiting, this.waiting);
    await new Promise((resolve) => setImmediate(resolve));
    this.waiting -= 1;
    return prices.map(
      ({ eventId }) =>
        this.answer(eventId, call) ?? { eventId, topic: 't', partition: 0, offset: 0n },
    );
  }
}

async function ran(source: Source, publisher: Publisher) {
  const ledger = new Ledger();
  const run = new SourceRun(source, { publisher, ledger, clock: quick, random: () => 0 });
  await run.run();
  return { status: run.progress.status, ids: ledger.page(0).ids };
}

describe('a run of a source', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it('ends when everything is acknowledged, and only that is in the ledger', async () => {
    const publisher = new Publisher(() => undefined);
    const { status, ids } = await ran(sourceOf([entry('a'), entry('b')], [entry('c')]), publisher);
    expect(status).toEqual({ state: 'done', published: 3, failed: 0 });
    expect(ids).toEqual(['a', 'b', 'c']);
  });

  it('sends again what was not taken, that alone, with the same id', async () => {
    const error = new KafkaUnavailableError();
    const publisher = new Publisher((eventId, call) =>
      eventId === 'b' && call <= 2 ? { eventId, error } : undefined,
    );
    const { status, ids } = await ran(sourceOf([entry('a'), entry('b')]), publisher);
    expect(publisher.calls).toEqual([['a', 'b'], ['b'], ['b']]);
    expect(status).toMatchObject({ state: 'done', published: 2, failed: 0 });
    expect(ids).toEqual(['a', 'b']);
  });

  it('leaves out what is refused for good, and names it', async () => {
    const publisher = new Publisher((eventId) =>
      eventId === 'b' ? { eventId, error: new CodecMalformedError({ message: 'bad' }) } : undefined,
    );
    const chunk = [entry('a'), entry('b'), { line: 9, problem: 'no row' }, entry('d', -1)];
    const { status, ids } = await ran(sourceOf(chunk), publisher);
    expect(publisher.calls).toEqual([['a', 'b']]);
    expect(status).toEqual({ state: 'done', published: 1, failed: 3, lastError: 'bad' });
    expect(ids).toEqual(['a']);
  });

  it('fails when nothing can be published as things are', async () => {
    const error = new KafkaTopicMissingError({ message: 'no topic' });
    const publisher = new Publisher((eventId) => ({ eventId, error }));
    const { status } = await ran(sourceOf([entry('a')], [entry('b')]), publisher);
    expect(status).toEqual({ state: 'failed', published: 0, failed: 0, lastError: 'no topic' });
  });

  it('fails when the source cannot be read, after what is on its way has come to its end', async () => {
    const source: Source = {
      name: 'test',
      async *chunks() {
        yield [entry('a')];
        throw new Error('disk gone');
      },
    };
    const { status, ids } = await ran(source, new Publisher(() => undefined));
    expect(status).toEqual({ state: 'failed', published: 1, failed: 0, lastError: 'disk gone' });
    expect(ids).toEqual(['a']);
  });

  it('keeps at most four chunks waiting for their acknowledgement', async () => {
    const publisher = new Publisher(() => undefined);
    const chunks = Array.from({ length: 20 }, (_, index) => [entry(`id-${index}`)]);
    const { status } = await ran(sourceOf(...chunks), publisher);
    expect(status.published).toBe(20);
    expect(publisher.mostWaiting).toBe(4);
  });

  it('gives up what the brokers do not take when it is stopped', async () => {
    const publisher = new Publisher((eventId) => ({ eventId, error: new KafkaUnavailableError() }));
    const ledger = new Ledger();
    const parts = { publisher, ledger, clock: quick, random: () => 0 };
    const run = new SourceRun(sourceOf([entry('a')]), parts);
    const ended = run.run();
    run.stop();
    await ended;
    expect(run.progress.status).toMatchObject({ state: 'stopped', published: 0 });
  });
});
