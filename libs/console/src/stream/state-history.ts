import type { ConsoleState } from './state-sampler';

/** Deltas that are kept for those who come back; unit deltas. */
const MAX_DELTAS = 60;
/** Of all of them; unit characters. */
const MAX_CHARACTERS = 1_048_576;

/** One event of a stream, as it is written. */
export interface StateEvent {
  readonly sequence: number;
  readonly text: string;
}

/** The newest state, and how it came to it of late. */
export class StateHistory {
  private state: ConsoleState = new Map();
  private deltas: StateEvent[] = [];
  private sequence = 0;

  /** @param epoch - tells this process from others in ids. */
  constructor(private readonly epoch: string) {}

  /** Sequence of the newest event. */
  get newest(): number {
    return this.sequence;
  }

  take(state: ConsoleState): void {
    const before = this.state;
    const changed = [...state].filter(([name, text]) => before.get(name) !== text);
    const removed = [...before.keys()].filter((name) => !state.has(name));
    this.state = state;
    this.sequence += 1;
    const data = `{"changed":${objectText(changed)},"removed":${JSON.stringify(removed)}}`;
    this.deltas.push(this.event('delta', data));
    this.forget();
  }

  /** Everything there is, for somebody new or too slow. */
  snapshot(): StateEvent {
    return this.event('snapshot', `{"state":${objectText([...this.state])}}`);
  }

  /** What came after a sequence; null = it is not kept any more, take the snapshot. */
  since(sequence: number): readonly StateEvent[] | null {
    const first = this.deltas[0]?.sequence ?? this.sequence + 1;
    if (sequence > this.sequence || sequence < first - 1) return null;
    return this.deltas.filter((delta) => delta.sequence > sequence);
  }

  /** Of an id that this process gave; null = of another one. */
  sequenceOf(id: string): number | null {
    const [epoch, digits] = id.split('-');
    return epoch === this.epoch && /^\d{1,15}$/.test(digits ?? '') ? Number(digits) : null;
  }

  private event(name: 'snapshot' | 'delta', data: string): StateEvent {
    const { sequence } = this;
    const id = `${this.epoch}-${sequence}`;
    return { sequence, text: `event: ${name}\nid: ${id}\ndata: ${data}\n\n` };
  }

  private forget(): void {
    let characters = this.deltas.reduce((sum, { text }) => sum + text.length, 0);
    while (this.deltas.length > MAX_DELTAS || characters > MAX_CHARACTERS) {
      characters -= this.deltas.shift()?.text.length ?? 0;
    }
  }
}

/** Parts are JSON already; JSON has no line ends, so each is one line of `data`. */
function objectText(parts: ReadonlyArray<readonly [string, string]>): string {
  return `{${parts.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}
