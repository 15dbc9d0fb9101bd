import type { Logger } from '@nestjs/common';
import { errorFacts } from './error-facts';
import { DrainBudgetExceededError } from './health.errors';
import type { LifecycleClock } from './health.options';
import type { Participant } from './participant';
import { withinBudget } from './within-budget';

/** What a phase works with. */
export interface PhaseContext {
  readonly clock: LifecycleClock;
  /** For all participants together; unit ms. */
  readonly budgetMs: number;
  readonly logger: Pick<Logger, 'error'>;
}

const BUDGETS = { drain: 'drainBudgetMs', close: 'closeBudgetMs' } as const;

/**
 * Drains or closes participants in falling order, those of one order at the same time.
 *
 * Never rejects and never takes longer than the budget: what hangs is cut and logged, the others get
 * what is left.
 */
export async function runPhase(
  phase: 'drain' | 'close',
  participants: readonly Participant[],
  context: PhaseContext,
): Promise<void> {
  const { clock, budgetMs } = context;
  const endAtMs = clock.monotonicMs() + budgetMs;
  const involved = participants.filter((participant) => participant[phase] !== undefined);
  const orders = [...new Set(involved.map(({ order }) => order))].sort((a, b) => b - a);
  for (const [index, order] of orders.entries()) {
    const leftMs = Math.max(0, endAtMs - clock.monotonicMs());
    const shareMs = leftMs / (orders.length - index);
    await Promise.all(
      involved
        .filter((participant) => participant.order === order)
        .map((participant) => {
          const deadlineMs = Math.min(leftMs, participant[BUDGETS[phase]] ?? shareMs);
          return runOne(phase, participant, deadlineMs, context);
        }),
    );
  }
}

async function runOne(
  phase: 'drain' | 'close',
  participant: Participant,
  deadlineMs: number,
  { clock, logger }: PhaseContext,
): Promise<void> {
  const result = await withinBudget(clock, deadlineMs, async () =>
    participant[phase]?.({ deadlineMs }),
  );
  if (result.status === 'done') return;
  const error =
    result.status === 'failed'
      ? result.error
      : new DrainBudgetExceededError({
          message: `${participant.name} did not ${phase} within ${Math.round(deadlineMs)} ms`,
        });
  logger.error(
    { event: `app.${phase}`, participant: participant.name, ...errorFacts(error) },
    `${phase} of ${participant.name} ${result.status === 'cut' ? 'was cut at its budget' : 'failed'}`,
  );
}
