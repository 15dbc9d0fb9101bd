import type { Lifecycle, Participant } from 'millrace/health';
import { MemoryJobStore } from 'millrace/testing';
import { ReplayParticipant } from './replay.participant';

describe('ReplayParticipant', () => {
  const open = (jobStore?: MemoryJobStore) => {
    const calls: string[] = [];
    const worker = {
      start: () => void calls.push('start'),
      drain: async () => void calls.push('drain'),
    };
    const registered: Participant[] = [];
    const lifecycle = { register: (one: Participant) => void registered.push(one) };
    const participant = new ReplayParticipant(
      worker,
      { jobStore },
      lifecycle as unknown as Lifecycle,
    );
    participant.onModuleInit();
    return { calls, participant: registered[0] as Participant };
  };

  it('begins to run replays behind the pipeline, and gives them back before it drains', async () => {
    const { calls, participant } = open(new MemoryJobStore({ now: () => 0 }));
    // The pipeline has 30; what is higher connects later and drains first.
    expect(participant.order).toBeGreaterThan(30);
    await participant.connect?.(new AbortController().signal);
    await participant.drain?.({ deadlineMs: 1_000 });
    expect(calls).toEqual(['start', 'drain']);
  });

  it('runs none in a process without a store of jobs', async () => {
    const { calls, participant } = open();
    await participant.connect?.(new AbortController().signal);
    expect(calls).toEqual([]);
  });
});
