/** What is known of one movement after its last publish. */
export const STATES = ['unsent', 'acked', 'failed', 'unknown'] as const;
export type MovementState = (typeof STATES)[number];

/**
 * One line per movement: key, version, state, first position. In arrays, so that a million fit.
 *
 * Only acknowledged movements must be found; failed ones must not; unknown ones may.
 */
export class MovementLedger {
  private readonly accounts: number[] = [];
  private readonly sequences: number[] = [];
  private readonly states: MovementState[] = [];
  private readonly partitions: number[] = [];
  private readonly offsets: bigint[] = [];
  private readonly lastSequence: number[];

  constructor(
    /** Begins the ids. */
    readonly run: string,
    readonly accountCount: number,
  ) {
    this.lastSequence = new Array<number>(accountCount).fill(0);
  }

  get size(): number {
    return this.states.length;
  }

  /** Opens the line of a new movement. @returns its index. */
  open(account: number): number {
    const sequence = (this.lastSequence[account] ?? 0) + 1;
    this.lastSequence[account] = sequence;
    this.accounts.push(account);
    this.sequences.push(sequence);
    this.states.push('unsent');
    this.partitions.push(-1);
    this.offsets.push(-1n);
    return this.states.length - 1;
  }

  acknowledge(index: number, partition: number, offset: bigint): void {
    const isFirst = this.states[index] !== 'acked';
    this.states[index] = 'acked';
    if (!isFirst) return;
    this.partitions[index] = partition;
    this.offsets[index] = offset;
  }

  /** A later state never hides an earlier doubt: once unknown, only an acknowledgement settles it. */
  refuse(index: number, state: 'failed' | 'unknown'): void {
    const known = this.states[index];
    if (known === 'unsent' || (known === 'failed' && state === 'unknown'))
      this.states[index] = state;
  }

  idOf(index: number): string {
    return `${this.run}-${index}`;
  }

  /** @returns undefined for an id that is not of this run. */
  indexOf(id: string): number | undefined {
    const index = id.startsWith(`${this.run}-`) ? Number(id.slice(this.run.length + 1)) : -1;
    return Number.isInteger(index) && index >= 0 && index < this.size ? index : undefined;
  }

  stateOf(index: number): MovementState {
    return this.states[index] ?? 'unsent';
  }

  sequenceOf(index: number): number {
    return this.sequences[index] ?? 0;
  }

  accountOf(index: number): number {
    return this.accounts[index] ?? 0;
  }

  /** Of the first acknowledgement. */
  positionOf(index: number): { readonly partition: number; readonly offset: bigint } {
    return { partition: this.partitions[index] ?? -1, offset: this.offsets[index] ?? -1n };
  }

  count(state: MovementState): number {
    return this.states.reduce((sum, each) => sum + (each === state ? 1 : 0), 0);
  }

  /** Highest sequence of each account that has this state; accounts without one are missing. */
  highest(state: MovementState): ReadonlyMap<number, number> {
    const highest = new Map<number, number>();
    this.states.forEach((each, index) => {
      const account = this.accountOf(index);
      if (each !== state) return;
      highest.set(account, Math.max(highest.get(account) ?? 0, this.sequenceOf(index)));
    });
    return highest;
  }
}

export const accountName = (account: number): string => `account-${account}`;
