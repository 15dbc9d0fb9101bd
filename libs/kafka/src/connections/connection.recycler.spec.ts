import { Logger } from '@nestjs/common';
import { FakeClock } from 'millrace/testing';
import type { BrokerConnection } from './broker.connection';
import { ConnectionRecycler } from './connection.recycler';

const SETTLED_MS = 10_000;
const MAX_AGE_MS = 3_600_000;
/** The longest time until the next look. */
const LOOK_MS = 7_500;

describe('ConnectionRecycler [P26]', () => {
  let clock: FakeClock;
  let left: string[];
  let open: BrokerConnection[];
  let said: string[];
  let refusal: Error | null;
  let recycler: ConnectionRecycler;

  beforeEach(() => {
    clock = new FakeClock();
    left = [];
    open = [];
    said = [];
    refusal = null;
    for (const level of ['log', 'warn'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation((...given: unknown[]) => {
        said.push(String(given[1]));
      });
    }
    recycler = new ConnectionRecycler({
      connections: () => open,
      probe: () => (refusal === null ? Promise.resolve() : Promise.reject(refusal)),
      settledAfterMs: SETTLED_MS,
      maxAgeMs: MAX_AGE_MS,
      clock,
      random: () => 0.5,
    });
    recycler.start();
  });
  afterEach(() => {
    recycler.close();
    jest.restoreAllMocks();
  });

  const add = (name: string, leave?: BrokerConnection['leave']): void => {
    const connection = {
      openedAtMs: clock.monotonicMs(),
      isOpen: true,
      leave: (signal: AbortSignal) => {
        left.push(name);
        connection.isOpen = false;
        return leave?.(signal) ?? Promise.resolve(true);
      },
    };
    open.push(connection as never);
  };

  it('leaves alone what was made with what is good now', async () => {
    add('one');
    await clock.advance(SETTLED_MS + LOOK_MS);
    expect(left).toEqual([]);
  });

  it('replaces what is older than an exchange, in order, and nothing that came after it', async () => {
    add('producer');
    add('consumer');
    await clock.advance(SETTLED_MS);
    recycler.exchanged();
    add('new');
    await clock.advance(LOOK_MS);
    expect(left).toEqual(['producer', 'consumer']);
    await clock.advance(SETTLED_MS + LOOK_MS);
    expect(left).toEqual(['producer', 'consumer']);
    expect(said).toEqual(['2 connections to kafka were replaced by new ones']);
  });

  it('waits with one that is still being made', async () => {
    add('young');
    await clock.advance(1);
    recycler.exchanged();
    await clock.advance(LOOK_MS);
    expect(left).toEqual([]);
    await clock.advance(LOOK_MS);
    expect(left).toEqual(['young']);
  });

  it('replaces what is too old', async () => {
    add('old');
    await clock.advance(MAX_AGE_MS - LOOK_MS);
    expect(left).toEqual([]);
    await clock.advance(2 * LOOK_MS);
    expect(left).toEqual(['old']);
  });

  it('has one away at a time', async () => {
    let answer: () => void = () => undefined;
    add('one', () => new Promise((resolve) => (answer = () => resolve(true))));
    add('two');
    await clock.advance(SETTLED_MS);
    recycler.exchanged();
    await clock.advance(LOOK_MS);
    expect(left).toEqual(['one']);
    answer();
    await clock.advance(1_000);
    expect(left).toEqual(['one', 'two']);
  });

  it('cuts one whose answer never comes, and goes on', async () => {
    const cut = (signal: AbortSignal) =>
      new Promise<boolean>((resolve) =>
        signal.addEventListener('abort', () => resolve(false), { once: true }),
      );
    add('stuck', cut);
    add('two');
    await clock.advance(SETTLED_MS);
    recycler.exchanged();
    await clock.advance(LOOK_MS + 105_000);
    expect(left).toEqual(['stuck']);
    await clock.advance(20_000);
    expect(left).toEqual(['stuck', 'two']);
  });

  it('keeps all of them while the brokers refuse a new one, and says so once', async () => {
    add('one');
    await clock.advance(SETTLED_MS);
    recycler.exchanged();
    refusal = new Error('unknown user');
    await clock.advance(3 * LOOK_MS);
    expect(left).toEqual([]);
    expect(said).toEqual([
      'the connections to kafka stay as they were, a new one is refused: unknown user',
    ]);
    refusal = null;
    await clock.advance(LOOK_MS);
    expect(left).toEqual(['one']);
  });

  it('does nothing any more after its end', async () => {
    add('one');
    await clock.advance(SETTLED_MS);
    recycler.exchanged();
    recycler.close();
    await clock.advance(10 * LOOK_MS);
    expect(left).toEqual([]);
  });
});
