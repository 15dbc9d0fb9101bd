import type { CaseName, Cost } from './bench.order';
import type { Gate, Measured, Verdict } from './gate';
import { perRound, stretchLosses, verdict } from './gate';
import { lowerBoundOfMedian, median } from './statistics';

const OVERHEAD_RATIO = 1.25;
const SPEED_UP = 2;
const MALFORMED_LOSS = 0.05;
/** For machines that do other things too: what is shown above it is no noise. */
const MALFORMED_LOSS_SHOWN = 0.1;
const LOOP_DELAY_MS = 50;
const IDLE_SHARE = 0.01;

const atMost = (value: number) => ({ kind: 'at most', value }) as const;
const atLeast = (value: number) => ({ kind: 'at least', value }) as const;
const exactly = (value: number) => ({ kind: 'exactly', value }) as const;

function overheadGate(name: string, set: Gate['set'], framework: CaseName, hand: CaseName): Gate {
  return {
    name,
    set,
    cases: [framework, hand],
    judge: (measured) => [
      verdict(
        name,
        'CPU per record, framework / hand-written loop',
        median(perRound(measured, framework, hand, (a, b) => a.cpuMicros / b.cpuMicros)),
        atMost(OVERHEAD_RATIO),
        {
          overheadMicros: median(
            perRound(measured, framework, hand, (a, b) => a.cpuMicros - b.cpuMicros),
          ),
          wallRatio: median(
            perRound(measured, framework, hand, (a, b) => a.wallMicros / b.wallMicros),
          ),
        },
      ),
    ],
  };
}

/** Every comparison that the bench knows. */
export const GATES: readonly Gate[] = [
  overheadGate('insert', 'quick', 'frameworkInsert', 'handInsert'),
  {
    name: 'consumes',
    set: 'quick',
    cases: ['consumes', 'eventPattern'],
    judge: (measured) => [
      verdict(
        'consumes',
        "CPU per record, Nest's @EventPattern / @Consumes",
        median(perRound(measured, 'eventPattern', 'consumes', (a, b) => a.cpuMicros / b.cpuMicros)),
        atLeast(SPEED_UP),
        {
          wallRatio: median(
            perRound(measured, 'eventPattern', 'consumes', (a, b) => a.wallMicros / b.wallMicros),
          ),
        },
      ),
    ],
  },
  {
    name: 'malformed',
    set: 'quick',
    cases: ['malformed'],
    judge: judgeMalformed,
  },
  {
    name: 'malformed-middle',
    set: 'full',
    cases: ['malformed'],
    judge: (measured) => [
      verdict(
        'malformed-middle',
        'throughput lost to 1 malformed record in 1 000, CPU time, middle of all pairs',
        median(lossesOf(measured, 'cpuMicros')),
        atMost(MALFORMED_LOSS),
        { wallLoss: median(lossesOf(measured, 'wallMicros')) },
      ),
    ],
  },
  overheadGate('guard', 'full', 'frameworkGuard', 'handGuard'),
  {
    name: 'naive',
    set: 'full',
    cases: ['naive', 'frameworkInsert'],
    judge: (measured) => [
      verdict(
        'naive',
        'CPU per record, @EventPattern + ValidationPipe + Model.create / framework',
        median(perRound(measured, 'naive', 'frameworkInsert', (a, b) => a.cpuMicros / b.cpuMicros)),
        null,
        {},
      ),
    ],
  },
  loopDelayGate('loop-delay', 'frameworkInsert'),
  loopDelayGate('loop-delay-lz4', 'frameworkInsertLz4'),
  {
    name: 'idle',
    set: 'full',
    cases: ['idle'],
    judge: (measured) => [
      verdict(
        'idle',
        'share of a core that a service without records takes',
        median((measured.idle ?? []).map((figures) => figures.cpuMicros / figures.wallMicros)),
        atMost(IDLE_SHARE),
        {},
      ),
    ],
  },
];

function loopDelayGate(name: string, of: CaseName): Gate {
  return {
    name,
    set: 'full',
    cases: [of],
    judge: (measured) => {
      const runs = measured[of] ?? [];
      return [
        verdict(
          name,
          'delay of the event loop at full speed, 99 %, ms',
          median(runs.map(({ loopDelayP99Ms }) => loopDelayP99Ms)),
          atMost(LOOP_DELAY_MS),
          { maxMs: median(runs.map(({ loopDelayMaxMs }) => loopDelayMaxMs)) },
        ),
      ];
    },
  };
}

/** Pairs of stretches of all rounds. Single pairs differ by more than the loss that is looked for. */
function lossesOf(measured: Measured, cost: keyof Cost): number[] {
  const runs = measured.malformed ?? [];
  return runs.flatMap(({ stretches }) => stretchLosses(stretches.map((stretch) => stretch[cost])));
}

function judgeMalformed(
  measured: Measured,
  { malformedRecords }: { readonly malformedRecords: number },
): readonly Verdict[] {
  const losses = lossesOf(measured, 'cpuMicros');
  const counts = (measured.malformed ?? []).map(({ outcomes }) => outcomes['dead-letter'] ?? 0);
  // The count that is furthest off: one wrong run is enough.
  const distance = (count: number) => Math.abs(count - malformedRecords);
  const [worst = Number.NaN] = counts.sort((a, b) => distance(b) - distance(a));
  return [
    verdict(
      'malformed-loss',
      'throughput shown to be lost to 1 malformed record in 1 000, CPU time, 95 % sure',
      lowerBoundOfMedian(losses),
      atMost(MALFORMED_LOSS_SHOWN),
      { middle: median(losses), pairs: losses.length },
    ),
    verdict('malformed-count', 'dead letters of a run', worst, exactly(malformedRecords), {}),
  ];
}
