import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import type { BatchHandler } from 'millrace/pipeline';
import { ConsumerScene, p, takeAll } from '../fakes/consumer-scene';
import { connectionError, protocolError } from '../fakes/fake-producer';
import { settle } from '../fakes/manual-clock';

const DEADLINE_MS = 3_000;
const neverEnds: BatchHandler = () => new Promise(() => undefined);

/** Brings a consumer into a state, and says how its stop must end. */
const STATES: ReadonlyArray<
  readonly [
    state: string,
    outcome: 'clean' | 'forced',
    enter: (scene: ConsumerScene) => Promise<void>,
  ]
> = [
  [
    'connecting',
    'forced',
    async (scene) => {
      scene.cluster.connecting = new Promise(() => undefined);
      scene.consumer.start(takeAll).catch(() => undefined);
      await settle();
    },
  ],
  [
    'joining',
    'forced',
    async (scene) => {
      scene.consumer.start(takeAll).catch(() => undefined);
      await settle();
    },
  ],
  [
    'right after run',
    'clean',
    async (scene) => {
      scene.consumer.start(takeAll).catch(() => undefined);
      await settle();
      void scene.vendor.join([p(0)]);
    },
  ],
  ['idle', 'clean', (scene) => scene.joined()],
  [
    'in a handler that never ends',
    'forced',
    async (scene) => {
      await scene.joined(neverEnds);
      void scene.vendor.deliver(p(0), [5]);
      // kafkajs waits for the batch call.
      scene.vendor.disconnecting = new Promise(() => undefined);
    },
  ],
  [
    'reconnecting',
    'forced',
    async (scene) => {
      await scene.joined();
      scene.cluster.isDown = true;
      scene.vendor.disconnecting = new Promise(() => undefined);
    },
  ],
  [
    'rebalancing',
    'clean',
    async (scene) => {
      await scene.joined();
      scene.consumer.on('rebalancing', () => new Promise(() => undefined));
      void scene.vendor.join([p(1)]);
      await settle();
    },
  ],
  [
    'crashed',
    'clean',
    async (scene) => {
      await scene.joined();
      scene.vendor.crash(protocolError('UNKNOWN'));
      await settle();
    },
  ],
];

describe('a stop', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  it.each(STATES)(
    'ends within its deadline while the consumer is %s, and no new client follows [P13]',
    async (_state, expected, enter) => {
      const scene = new ConsumerScene({
        consumer: { heartbeatIntervalMs: 20_000, sessionTimeoutMs: 60_000 },
      });
      await scene.joinable();
      await enter(scene);
      let outcome: string | undefined;
      void scene.consumer.stop({ deadlineMs: DEADLINE_MS }).then((how) => (outcome = how));
      await scene.clock.advance(DEADLINE_MS);
      await settle();
      expect(outcome).toBe(expected);
      expect(await scene.consumer.commit([{ ...p(0), next: 1n }], 1)).toBe('stale');
      await scene.clock.advance(60_000);
      expect(scene.cluster.consumers).toHaveLength(1);
    },
  );

  it('at any moment of any work rejects nothing that nobody hears, and lets no record through after it [P14]', async () => {
    const unheard: unknown[] = [];
    const onUnheard = (reason: unknown) => void unheard.push(reason);
    process.on('unhandledRejection', onUnheard);
    const step = fc.constantFrom('deliver', 'crash', 'rejoin', 'commit', 'pause', 'wait');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), fc.nat(5), async (steps, stopAt) => {
        const scene = new ConsumerScene();
        let isStopped = false;
        let late = 0;
        await scene.joined((batch) => {
          if (isStopped) late += 1;
          return Promise.resolve({ resume: batch.nextOffset });
        });
        for (const [index, what] of [...steps, 'deliver'].entries()) {
          if (index === stopAt) {
            void scene.consumer.stop({ deadlineMs: 100 }).then(() => (isStopped = true));
          }
          work(scene, what);
          if (what === 'wait') await scene.clock.advance(700);
        }
        const stopped = scene.consumer.stop({ deadlineMs: 100 });
        await scene.clock.advance(200);
        await stopped;
        isStopped = true;
        await scene.vendor.deliver(p(0), [9]);
        await scene.clock.advance(10_000);
        expect(late).toBe(0);
      }),
      { numRuns: 500 },
    );
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onUnheard);
    expect(unheard).toEqual([]);
  });
});

function work(scene: ConsumerScene, what: string): void {
  const { epoch } = scene.consumer.assignment();
  if (what === 'deliver') void scene.vendor.deliver(p(0), [5, 6]);
  if (what === 'crash') scene.vendor.crash(connectionError());
  if (what === 'rejoin') void scene.vendor.join([p(0)]);
  if (what === 'commit') void scene.consumer.commit([{ ...p(0), next: 6n }], epoch);
  if (what === 'pause') scene.consumer.pause([p(0)]);
}
