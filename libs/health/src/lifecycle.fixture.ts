import { Logger } from '@nestjs/common';
import type { LifecycleOptions } from './health.options';
import { Lifecycle } from './lifecycle';
import type { LifecycleState } from './lifecycle';
import type { Participant } from './participant';

type Line = readonly [fields: { event: string; [field: string]: unknown }, message: string];

/** What was logged since the test began. */
export interface LoggedLines {
  info: Line[];
  errors: Line[];
}

/** Gives every test of the file fake time, and catches the lines that it logs. */
export function inFakeTime(): LoggedLines {
  const lines: LoggedLines = { info: [], errors: [] };
  beforeEach(() => {
    jest.useFakeTimers();
    lines.info = [];
    lines.errors = [];
    jest
      .spyOn(Logger.prototype, 'log')
      .mockImplementation((...line) => void lines.info.push(line as never));
    jest
      .spyOn(Logger.prototype, 'error')
      .mockImplementation((...line) => void lines.errors.push(line as never));
  });
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });
  return lines;
}

/** Lets every promise that can go on go on. */
export async function settle(): Promise<void> {
  await jest.advanceTimersByTimeAsync(0);
}

export const never = (): Promise<void> => new Promise(() => undefined);

/** A lifecycle with these participants, and the states that it has told. */
export function lifecycleOf(
  participants: readonly Participant[],
  options: LifecycleOptions = {},
): { lifecycle: Lifecycle; states: LifecycleState[] } {
  const lifecycle = new Lifecycle({ random: () => 0.5, ...options });
  const states: LifecycleState[] = [];
  lifecycle.onStateChange((state) => states.push(state));
  participants.forEach((participant) => lifecycle.register(participant));
  return { lifecycle, states };
}

/** A participant that writes down what is asked of it. */
export function recorder(
  log: string[],
  name: string,
  order: number,
): Required<Pick<Participant, 'connect' | 'drain' | 'close'>> & Participant {
  const note = (what: string) => async () => {
    log.push(`${what} ${name}`);
    await settleMicrotasks();
    log.push(`${what} ${name} done`);
  };
  return { name, order, connect: note('connect'), drain: note('drain'), close: note('close') };
}

async function settleMicrotasks(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}
