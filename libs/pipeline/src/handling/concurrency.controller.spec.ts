import fc from 'fast-check';
import { CONCURRENCY_RULES, ConcurrencyController } from './concurrency.controller';

/** A database with room for so many calls at once; more of them wait for each other. */
interface SimulatedSink {
  readonly baseMs: number;
  readonly capacity: number;
  /** Spread of single calls; 0 = none. */
  readonly noise: number;
}

interface Run {
  /** The limit after each second. */
  readonly limits: number[];
}

/** Runs full load, or `load` calls, against sinks that follow each other; seeded. */
class Simulation {
  private nowMs = 0;
  private state: number;
  readonly controller: ConcurrencyController;

  constructor(
    readonly max: number,
    seed: number,
    private readonly load = Infinity,
  ) {
    this.controller = new ConcurrencyController({ max });
    this.state = seed >>> 0 || 1;
  }

  run(sink: SimulatedSink, seconds: number): Run {
    const limits: number[] = [];
    const endMs = this.nowMs + seconds * 1_000;
    let nextSecondMs = this.nowMs + 1_000;
    while (this.nowMs < endMs) {
      const running = Math.min(this.controller.limit, this.load);
      const queueing = Math.max(1, running / sink.capacity);
      const latencyMs = sink.baseMs * queueing * Math.exp(sink.noise * this.normal());
      // So many calls end in the time that one of them takes.
      this.nowMs += (sink.baseMs * queueing) / running;
      const wanted = Math.min(this.load, this.max * 2);
      this.controller.add({ endedAtMs: this.nowMs, latencyMs, records: 500, wanted });
      for (; this.nowMs >= nextSecondMs; nextSecondMs += 1_000) limits.push(this.controller.limit);
    }
    return { limits };
  }

  /** Mulberry32, twice, by Box and Muller. */
  private normal(): number {
    const [a, b] = [this.next(), this.next()];
    return Math.sqrt(-2 * Math.log(a + Number.EPSILON)) * Math.cos(2 * Math.PI * b);
  }

  private next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
}

/** How often the limit turns from rising to falling or back. */
function turns(limits: readonly number[]): number {
  let direction = 0;
  let count = 0;
  limits.forEach((limit, index) => {
    const step = Math.sign(limit - (limits[index - 1] ?? limit));
    if (step === 0) return;
    if (direction !== 0 && step !== direction) count += 1;
    direction = step;
  });
  return count;
}

const SETTLING_S = 60;
const sinks = fc.record({
  baseMs: fc.integer({ min: 20, max: 100 }),
  capacity: fc.integer({ min: 2, max: 16 }),
  noise: fc.constantFrom(0, 0.1, 0.3),
});
const seeds = fc.integer({ min: 1, max: 1_000_000 });
const last = (limits: readonly number[]) => limits.at(-1) ?? 0;

describe('ConcurrencyController', () => {
  it('[BKP-03] a step of the latency up lowers the limit, a step down raises it again', () => {
    fc.assert(
      fc.property(sinks, seeds, fc.integer({ min: 5, max: 20 }), (sink, seed, factor) => {
        const simulation = new Simulation(32, seed);
        const before = last(simulation.run(sink, SETTLING_S).limits);
        const slow = { ...sink, baseMs: sink.baseMs * factor };
        const during = last(simulation.run(slow, SETTLING_S).limits);
        const after = last(simulation.run(sink, SETTLING_S).limits);
        expect(during).toBeLessThanOrEqual(Math.max(1, Math.ceil(before / 4)));
        expect(after).toBeGreaterThanOrEqual(Math.floor(before * 0.6));
      }),
      { numRuns: 12 },
    );
  });

  it('[BKP-03] the limit never leaves 1 to the maximum, whatever the latencies are', () => {
    const samples = fc.array(
      fc.record({
        latencyMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e6, noNaN: true })),
        records: fc.integer({ min: 0, max: 1_000 }),
        wanted: fc.integer({ min: 1, max: 100 }),
        stepMs: fc.integer({ min: 0, max: 400 }),
      }),
      { minLength: 50, maxLength: 600 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), samples, (max, all) => {
        const controller = new ConcurrencyController({ max });
        let endedAtMs = 0;
        let isInside = true;
        for (const { stepMs, ...sample } of all) {
          endedAtMs += stepMs;
          controller.add({ ...sample, endedAtMs });
          const { limit } = controller;
          isInside &&= Number.isInteger(limit) && limit >= 1 && limit <= max;
        }
        expect(isInside).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('[BKP-03] does not oscillate: under full load it comes to rest near what the sink takes', () => {
    fc.assert(
      fc.property(sinks, seeds, (sink, seed) => {
        const simulation = new Simulation(64, seed);
        simulation.run(sink, SETTLING_S);
        const { limits } = simulation.run(sink, 120);
        expect(turns(limits)).toBeLessThanOrEqual(4);
        expect(last(limits)).toBeGreaterThanOrEqual(sink.capacity);
        expect(last(limits)).toBeLessThanOrEqual(sink.capacity * 3 + 1);
      }),
      { numRuns: 12 },
    );
  });

  it('[BKP-03] stays there for long: what is usual is measured anew, and the limit comes back', () => {
    const sink = { baseMs: 50, capacity: 8, noise: 0.1 };
    const simulation = new Simulation(64, 7);
    simulation.run(sink, SETTLING_S);
    const { limits } = simulation.run(sink, 1_800);
    expect(Math.max(...limits)).toBeLessThanOrEqual(24);
    const measurements = 1_800_000 / CONCURRENCY_RULES.remeasureMs;
    // Down and up again, once per measurement.
    expect(turns(limits)).toBeLessThanOrEqual(measurements * 4);
  });

  it('a latency that is higher for good is the usual one after a while', () => {
    const simulation = new Simulation(16, 3);
    const fast = { baseMs: 10, capacity: 100, noise: 0.1 };
    expect(last(simulation.run(fast, SETTLING_S).limits)).toBe(16);
    const slow = { ...fast, baseMs: 100 };
    expect(last(simulation.run(slow, SETTLING_S).limits)).toBe(1);
    expect(last(simulation.run(slow, 700).limits)).toBe(16);
  });

  it('does not raise what nobody wants', () => {
    const simulation = new Simulation(16, 3, 2);
    const { limits } = simulation.run({ baseMs: 10, capacity: 100, noise: 0 }, SETTLING_S);
    expect(last(limits)).toBeLessThanOrEqual(4);
  });

  it('does not take small calls between large ones for a fast sink', () => {
    const controller = new ConcurrencyController({ max: 8 });
    const raise = (records: number, latencyMs: number, fromMs: number) => {
      for (let call = 0; call < 400; call += 1) {
        const endedAtMs = fromMs + call * 50;
        controller.add({ endedAtMs, latencyMs, records, wanted: 16 });
      }
    };
    raise(1, 1, 0);
    raise(500, 40, 20_000);
    expect(controller.limit).toBe(8);
  });
});
