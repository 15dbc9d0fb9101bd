import { Logger } from '@nestjs/common';
import { permanent, retryable } from 'millrace/errors';
import { Metrics } from 'millrace/metrics';
import type { OutgoingRecord, PublishResult } from 'millrace/pipeline';
import { FakeClock } from 'millrace/testing';
import { Binary } from 'mongodb';
import type { OutboxDocument } from './outbox.document';
import { OutboxMetrics } from './outbox.metrics';
import { OUTBOX_DEFAULTS } from './outbox.options';
import { OutboxRelay } from './outbox.relay';

beforeAll(() => Logger.overrideLogger(false));

const acked: PublishResult = { status: 'acked', topic: 'prices', partition: 0, offset: 0n };
const lost: PublishResult = { status: 'unknown', error: retryable('no answer') };
const refused: PublishResult = { status: 'failed', error: permanent('too large') };

/** A relay on a list of events; a test scripts what Kafka answers. */
class RelayScene {
  readonly clock = new FakeClock();
  readonly metrics = new Metrics();
  readonly told: string[] = [];
  /** Values of each hand-over. */
  readonly handedOver: string[][] = [];
  readonly deadlines: number[] = [];
  pending: OutboxDocument[] = [];
  readonly lease = {
    isHeld: true,
    leftMs: 60_000,
    hold: async (): Promise<boolean> => this.lease.isHeld,
    release: async (): Promise<void> => void this.told.push('released'),
  };
  /** Answers to the event of this value; default acked. */
  answers: Readonly<Record<string, PublishResult>> = {};
  outage: Error | null = null;
  readonly relay: OutboxRelay;

  constructor() {
    this.relay = new OutboxRelay({
      store: {
        counts: async () => this.counts(),
        pending: async () => this.read(),
        published: async (documents) => this.forget(documents),
        refused: async (document) => this.forget([document], 'refused'),
      },
      lease: this.lease,
      producer: {
        publish: async (records, { deadlineMs }) => this.publish(records, deadlineMs),
        close: async () => void this.told.push('closed'),
      },
      metrics: new OutboxMetrics(this.metrics),
      settings: OUTBOX_DEFAULTS,
      clock: this.clock,
      random: () => 0.5,
    });
  }

  commit(...values: string[]): void {
    for (const value of values) {
      const text = new Binary(Buffer.from(value));
      const ids = { _id: value as never, eventId: value, order: this.pending.length };
      const times = { timestampMs: 0, createdAt: new Date(this.clock.now()) };
      const record = { topic: 'prices', key: null, value: text, headers: [] };
      this.pending.push({ ...ids, ...times, ...record, state: 'pending' });
    }
  }

  async metric(name: string): Promise<number | undefined> {
    const [first] = (await this.metrics.registry.getSingleMetric(name)?.get())?.values ?? [];
    return first?.value;
  }

  private read(): readonly OutboxDocument[] {
    if (this.outage !== null) throw this.outage;
    return [...this.pending];
  }

  private counts() {
    const refusals = this.told.filter((word) => word.startsWith('refused')).length;
    const oldestAt = this.pending[0]?.createdAt ?? null;
    return { pending: this.pending.length, refused: refusals, oldestAt };
  }

  private publish(records: readonly OutgoingRecord[], deadlineMs: number): PublishResult[] {
    const values = records.map(({ value }) => String(value));
    this.handedOver.push(values);
    this.deadlines.push(deadlineMs);
    return values.map((value) => this.answers[value] ?? acked);
  }

  private forget(documents: readonly OutboxDocument[], why = 'forgotten'): void {
    for (const { eventId } of documents) {
      this.told.push(`${why} ${eventId}`);
      this.pending = this.pending.filter((document) => document.eventId !== eventId);
    }
  }
}

describe('OutboxRelay', () => {
  let scene: RelayScene;
  beforeEach(() => {
    scene = new RelayScene();
  });
  afterEach(() => scene.relay.stop({ deadlineMs: 100 }));

  async function start(): Promise<void> {
    scene.relay.start();
    await scene.clock.flush();
  }

  it('[PRO-05] hands committed events over in their order, and forgets what was acknowledged', async () => {
    scene.commit('a', 'b', 'c');
    await start();
    expect(scene.handedOver).toEqual([['a', 'b', 'c']]);
    expect(scene.told).toEqual(['forgotten a', 'forgotten b', 'forgotten c']);
    expect(await scene.metric('pipeline_outbox_published_total')).toBe(3);
  });

  it('[PRO-05] forgets nothing that was not acknowledged, and hands it over again', async () => {
    scene.commit('a', 'b');
    scene.answers = { b: lost };
    await start();
    expect(scene.told).toEqual(['forgotten a']);
    scene.answers = {};
    await scene.clock.advance(1_000);
    expect(scene.handedOver).toEqual([['a', 'b'], ['b']]);
    expect(scene.told).toEqual(['forgotten a', 'forgotten b']);
  });

  it('waits longer from try to try while Kafka answers nothing', async () => {
    scene.commit('a');
    scene.answers = { a: lost };
    await start();
    await scene.clock.advance(10_000);
    // Doubling from 200 ms on up to 5 s, halved by the random number.
    expect(scene.handedOver.length).toBeGreaterThan(4);
    expect(scene.handedOver.length).toBeLessThan(12);
  });

  it('[PRO-05] sets aside what Kafka will never take, and goes on with what is behind it', async () => {
    scene.commit('a', 'huge', 'b');
    scene.answers = { huge: refused };
    await start();
    expect(scene.told).toEqual(['forgotten a', 'forgotten b', 'refused huge']);
    await scene.clock.advance(5_000);
    expect(scene.relay.read()).toMatchObject({ status: 'degraded', refused: 1 });
    expect(scene.handedOver).toHaveLength(1);
  });

  it('[PRO-05] publishes nothing without the lease, and at once when it has it and was woken', async () => {
    scene.commit('a');
    scene.lease.isHeld = false;
    await start();
    await scene.clock.advance(10_000);
    expect([scene.handedOver, scene.relay.read()]).toEqual([
      [],
      { status: 'up', relay: 'standby' },
    ]);
    scene.lease.isHeld = true;
    scene.relay.poke();
    await scene.clock.flush();
    expect(scene.handedOver).toEqual([['a']]);
  });

  it('[PRO-05] waits for Kafka no longer than it has the lease', async () => {
    scene.lease.leftMs = 1_500;
    scene.commit('a');
    await start();
    expect(scene.deadlines).toEqual([1_500]);
  });

  it('goes on after the database was away', async () => {
    scene.outage = new Error('no primary');
    await start();
    expect(await scene.metric('pipeline_outbox_failures_total')).toBeDefined();
    scene.outage = null;
    scene.commit('a');
    await scene.clock.advance(1_000);
    expect(scene.handedOver).toEqual([['a']]);
  });

  it('is degraded when the oldest event waits for too long', async () => {
    scene.commit('a');
    scene.answers = { a: lost };
    await start();
    expect(scene.relay.read()).toMatchObject({ status: 'up', pending: 1 });
    await scene.clock.advance(OUTBOX_DEFAULTS.warnAgeMs + 5_000);
    expect(scene.relay.read()).toMatchObject({ status: 'degraded', pending: 1, relay: 'active' });
  });

  it('gives the lease back before it closes its producer, and begins nothing more', async () => {
    await start();
    await scene.relay.stop({ deadlineMs: 100 });
    expect(scene.told).toEqual(['released', 'closed']);
    scene.commit('a');
    await scene.clock.advance(10_000);
    expect(scene.handedOver).toEqual([]);
  });
});
