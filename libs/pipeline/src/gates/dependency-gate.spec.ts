import { Logger } from '@nestjs/common';
import { constant } from 'millrace/retry';
import { FakeClock } from 'millrace/testing';
import { DependencyGate } from './dependency-gate';
import { StoreAwayError } from '../fakes/records';

beforeAll(() => Logger.overrideLogger(false));

function sceneOf(answers: readonly boolean[]) {
  const clock = new FakeClock();
  const probedAtMs: number[] = [];
  const changes: string[] = [];
  const gate = new DependencyGate({
    name: 'store',
    clock,
    random: () => 0.5,
    backoff: constant(1_000),
    onChange: (state) => changes.push(state),
    probe: async () => {
      probedAtMs.push(clock.monotonicMs());
      if (answers[probedAtMs.length - 1] !== true) throw new Error('away');
    },
  });
  const abort = new AbortController();
  const wait = () => gate.waitBehind(new StoreAwayError(), abort.signal);
  return { clock, probedAtMs, changes, gate, abort, wait };
}

describe('DependencyGate', () => {
  it('opens after two good probes in a row and lets everybody through', async () => {
    const scene = sceneOf([false, true, false, true, true]);
    const passed: number[] = [];
    for (const id of [1, 2, 3]) void scene.wait().then(() => passed.push(id));
    await scene.clock.advance(2_599);
    expect([passed, scene.gate.closedForMs]).toEqual([[], 2_599]);
    await scene.clock.advance(1);
    expect(passed).toEqual([1, 2, 3]);
    expect(scene.probedAtMs).toHaveLength(5);
    expect(scene.changes).toEqual(['closed', 'half-open']);
    expect([scene.gate.closedForMs, scene.gate.reason]).toEqual([null, null]);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('[G3] probes soon at first, then with the waits of its backoff', async () => {
    const scene = sceneOf([]);
    void scene.wait();
    await scene.clock.advance(3_500);
    expect(scene.probedAtMs).toEqual([200, 1_200, 2_200, 3_200]);
    expect(scene.gate.reason).toMatchObject({ code: 'SINK_AWAY' });
    scene.gate.dispose();
  });

  it('closes again after it opened', async () => {
    const scene = sceneOf([true, true, true, true]);
    void scene.wait();
    await scene.clock.advance(400);
    void scene.wait();
    await scene.clock.advance(400);
    expect(scene.changes).toEqual(['closed', 'half-open', 'closed', 'half-open']);
  });

  it('gives up one wait with the reason of its signal; the gate stays closed', async () => {
    const scene = sceneOf([]);
    const waiting = expect(scene.wait()).rejects.toThrow('revoked');
    await scene.clock.advance(500);
    scene.abort.abort(new Error('revoked'));
    await waiting;
    await expect(scene.wait()).rejects.toThrow('revoked');
    expect(scene.gate.closedForMs).toBe(500);
    scene.gate.dispose();
  });

  it('[G1] keeps back who asks while it is closed and does not touch who asks while it is open', async () => {
    const scene = sceneOf([true, true]);
    await scene.gate.whenOpen(scene.abort.signal);
    expect([scene.gate.state, scene.clock.pendingTimers]).toEqual(['open', 0]);
    void scene.wait();
    let hasPassed = false;
    void scene.gate.whenOpen(scene.abort.signal).then(() => (hasPassed = true));
    await scene.clock.advance(399);
    expect([hasPassed, scene.gate.state]).toEqual([false, 'closed']);
    await scene.clock.advance(1);
    expect(hasPassed).toBe(true);
    scene.abort.abort(new Error('draining'));
    await expect(scene.gate.whenOpen(scene.abort.signal)).rejects.toThrow('draining');
  });

  it('gives up a wait for its opening with the reason of its signal', async () => {
    const scene = sceneOf([]);
    void scene.wait().catch(() => undefined);
    const waiting = expect(scene.gate.whenOpen(scene.abort.signal)).rejects.toThrow('revoked');
    await scene.clock.advance(100);
    scene.abort.abort(new Error('revoked'));
    await waiting;
    scene.gate.dispose();
  });

  it('[G4] opens by size: 10 records, then 100, then all; a closing begins again', async () => {
    const scene = sceneOf([true, true, true, true]);
    expect(scene.gate.sliceLimit()).toBe(Number.POSITIVE_INFINITY);
    scene.gate.passed();
    void scene.wait();
    scene.gate.passed(); // said by a slice from before: it is closed
    await scene.clock.advance(400);
    const limits = [1, 2, 3, 4].map(() => {
      const limit = scene.gate.sliceLimit();
      scene.gate.passed();
      return limit;
    });
    expect(limits).toEqual([10, 100, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(scene.changes).toEqual(['closed', 'half-open', 'open']);
    void scene.wait();
    expect([scene.gate.sliceLimit(), scene.gate.state]).toEqual([10, 'closed']);
    scene.gate.dispose();
  });

  it('[G7] is probed with its longest backoff only, once it closed more than 10 times in 10 min', async () => {
    const scene = sceneOf(Array.from({ length: 100 }, () => true));
    const openings: number[] = [];
    const closeOnce = async () => {
      const closedAtMs = scene.clock.monotonicMs();
      void scene.wait().then(() => openings.push(scene.clock.monotonicMs() - closedAtMs));
      await scene.clock.advance(1_000);
    };
    for (let closing = 0; closing < 11; closing += 1) await closeOnce();
    expect(openings).toEqual([...Array.from({ length: 10 }, () => 400), 950]);
    await scene.clock.advance(600_000);
    await closeOnce();
    expect(openings.at(-1)).toBe(400);
  });

  it('leaves no timer behind after its disposal', async () => {
    const scene = sceneOf([]);
    void scene.wait();
    await scene.clock.advance(500);
    scene.gate.dispose();
    await scene.clock.flush();
    expect(scene.clock.pendingTimers).toBe(0);
  });
});
