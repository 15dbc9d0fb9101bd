import type { KafkaLog } from '../e2e/kafka-log';
import { MovementLedger, accountName } from './harness/movement-ledger';
import type { DeadLetter, Observation } from './harness/observation';
import { OrderFindings } from './harness/order-findings';
import { verdictOf } from './harness/verdict';
import type { Conduct, Evidence, Verdict } from './harness/verdict';

const RUN = 'judged';
const SIZE = 10;
type Offsets = Awaited<ReturnType<KafkaLog['ends']>>;

const GOOD_CONDUCT: Conduct = {
  settled: { ok: true, afterMs: 1 },
  commitRegressions: 0,
  badMembers: [],
  badDrains: [],
  maxResidentBytes: 1_024,
  leaks: [],
  kills: { planned: 3, landed: 1 },
  expectedDeadLetters: 0,
  committedPastBefore: 0,
};

/** Ten movements of one account in one partition, all in their place. */
function goodEvidence(): Evidence {
  const ledger = new MovementLedger(RUN, 1);
  const order = new OrderFindings();
  for (let index = 0; index < SIZE; index += 1) {
    ledger.open(0);
    ledger.acknowledge(index, 0, BigInt(index));
    order.add({ partition: 0, offset: index, account: accountName(0) });
  }
  const end: Offsets = new Map([[0, BigInt(SIZE)]]);
  const observation: Observation = {
    stored: new Uint8Array(SIZE).fill(1),
    foreignDocuments: 0,
    balances: new Map([[accountName(0), SIZE]]),
    order,
    deadLetters: [],
    ends: end,
    committed: new Map([
      ['movements', end],
      ['balances', end],
      ['order', end],
    ]),
  };
  const parts = ['movements', 'balances', 'order'] as const;
  return { run: RUN, parts, ledger, observation, conduct: GOOD_CONDUCT };
}

interface Change {
  readonly observation?: Partial<Observation>;
  readonly conduct?: Partial<Conduct>;
}

function judged({ observation, conduct }: Change = {}): Verdict {
  const good = goodEvidence();
  return verdictOf({
    ...good,
    observation: { ...good.observation, ...observation },
    conduct: { ...good.conduct, ...conduct },
  });
}

const invariants = (change: Change) => judged(change).problems.map(({ invariant }) => invariant);
const withStored = (index: number, copies: number): Change => {
  const stored = new Uint8Array(SIZE).fill(1);
  stored[index] = copies;
  return { observation: { stored } };
};
const deadLetter: DeadLetter = {
  groupId: `${RUN}-movements`,
  reason: 'sink-rejected',
  eventId: `${RUN}-3`,
  partition: 0,
  offset: 3n,
};

describe('the verdict', () => {
  it('is ok when everything is in its place', () => {
    expect(judged()).toMatchObject({ code: 'ok', records: SIZE, problems: [], doubts: [] });
  });

  it('sees a lost movement, and that a commit went past it [I1] [I3]', () => {
    expect(judged(withStored(3, 0))).toMatchObject({ lost: 1, committedPastUnwritten: 1 });
    expect(invariants(withStored(3, 0))).toEqual(['I1', 'I3']);
  });

  it('does not call a movement lost that is a dead letter, but asks whether it had to be one [I1]', () => {
    const { observation } = withStored(3, 0);
    const change = { observation: { ...observation, deadLetters: [deadLetter] } };
    expect(judged(change)).toMatchObject({ code: 'wrong', lost: 0, deadLetters: 1 });
    expect(judged({ ...change, conduct: { expectedDeadLetters: 1 } }).code).toBe('ok');
  });

  it('sees a movement that is stored twice, and one of nobody [I2]', () => {
    expect(invariants(withStored(3, 2))).toEqual(['I2']);
    expect(invariants({ observation: { foreignDocuments: 1 } })).toEqual(['I2']);
  });

  it('sees commits that moved backwards, and those before [I3]', () => {
    expect(invariants({ conduct: { commitRegressions: 1 } })).toEqual(['I3']);
    expect(invariants({ conduct: { committedPastBefore: 1 } })).toEqual(['I3']);
  });

  it('sees an account that holds an older version [I4]', () => {
    const balances = new Map([[accountName(0), SIZE - 1]]);
    expect(invariants({ observation: { balances } })).toEqual(['I4']);
  });

  it('sees records out of order and those that no handler saw [I1] [I4]', () => {
    const order = new OrderFindings();
    const account = accountName(0);
    for (const offset of [0, 2, 1, 3, 4, 5, 6, 7, 8]) order.add({ partition: 0, offset, account });
    expect(judged({ observation: { order } })).toMatchObject({ unhandled: 1, orderViolations: 1 });
    expect(invariants({ observation: { order } })).toEqual(['I1', 'I3', 'I4']);
  });

  it('takes the repeat of a window for no violation of the order', () => {
    const order = new OrderFindings();
    const account = accountName(0);
    for (const offset of [0, 1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      order.add({ partition: 0, offset, account });
    }
    expect(judged({ observation: { order } })).toMatchObject({ code: 'ok', replays: 2 });
  });

  it('sees lag that stays [I5]', () => {
    const committed: Observation['committed'] = new Map([
      ['movements', new Map([[0, 7n]])],
      ['balances', new Map([[0, 10n]])],
      ['order', new Map([[0, 10n]])],
    ]);
    const change = {
      observation: { committed },
      conduct: { settled: { ok: false, afterMs: 60_000 } },
    };
    expect(judged(change)).toMatchObject({ lag: 3, code: 'wrong' });
    expect(invariants(change)).toEqual(['I5']);
  });

  it.each([
    ['I6', { badMembers: ['one ended with 1'] }],
    ['I7', { badDrains: ['one left Timeout'] }],
    ['I8', { maxResidentBytes: 2 ** 30 }],
    ['I9', { leaks: ['/metrics of one'] }],
  ] as const)('sees what processes did wrong [%s]', (invariant, conduct) => {
    expect(invariants({ conduct })).toEqual([invariant]);
  });

  it('is inconclusive when too few kills landed on work, or nothing was sent', () => {
    expect(judged({ conduct: { kills: { planned: 4, landed: 1 } } }).code).toBe('inconclusive');
    const empty = { ...goodEvidence(), ledger: new MovementLedger(RUN, 1) };
    expect(verdictOf(empty).doubts).toEqual(['nothing was acknowledged']);
  });

  it('keeps a doubt about a publish until an acknowledgement settles it', () => {
    const ledger = new MovementLedger(RUN, 1);
    ledger.open(0);
    ledger.refuse(0, 'unknown');
    ledger.refuse(0, 'failed');
    expect(ledger.stateOf(0)).toBe('unknown');
    ledger.acknowledge(0, 0, 5n);
    ledger.refuse(0, 'failed');
    ledger.acknowledge(0, 0, 9n);
    expect([ledger.stateOf(0), ledger.positionOf(0).offset]).toEqual(['acked', 5n]);
  });
});
