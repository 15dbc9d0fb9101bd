import type { RedriveJob, RedriveSpec } from 'millrace/operations';
import { eventually } from 'millrace/testing';
import type { Member } from '../../reliability/harness/member';
import type { Scenario } from '../../reliability/harness/scenario';
import type { Operator } from '../replay/operator';

export const BY = { by: 'steering suite', reason: 'the release with the bug is gone' };

/** Redrives of one scenario, as an operator sees them: services carry them out. */
export class RedriveRuns {
  readonly steps: Array<{ readonly atMs: number; readonly what: string }> = [];

  constructor(
    private readonly scenario: Scenario,
    private readonly operator: Operator,
  ) {}

  note(what: string): void {
    this.steps.push({ atMs: Math.round(this.scenario.elapsedMs), what });
  }

  /** Starts a redrive and leaves it to the services. */
  async start(spec: RedriveSpec): Promise<RedriveJob> {
    const job = await this.redrives.start(spec, BY);
    this.note(`a redrive of ${job.progress.total} is started`);
    return job;
  }

  async job(id: string): Promise<RedriveJob> {
    const job = await this.redrives.get(id);
    if (job === null) throw new Error(`there is no redrive ${id}`);
    return job;
  }

  /** Waits until a share is sent, and kills the process that has the redrive. */
  async killOwner(
    id: string,
    { share, timeoutMs }: { readonly share: number; readonly timeoutMs: number },
  ): Promise<{ readonly at: number }> {
    const isFar = async () => {
      const { state, owner, progress } = await this.job(id);
      if (state !== 'running' && state !== 'waiting') throw new Error(`it is ${state} already`);
      return owner !== null && progress.redriven >= progress.total * share;
    };
    const what = `${share * 100} % of redrive ${id}`;
    await eventually(isFar, { timeoutMs, intervalMs: 50, what });
    const { owner, progress } = await this.job(id);
    const victim = this.memberOf(owner);
    await victim.stop('SIGKILL');
    const { ledger, faults } = this.scenario;
    faults.add('other', ledger.size, `${victim.name}, which runs the redrive, is killed`);
    this.note(`${victim.name} is killed after ${progress.redriven} of ${progress.total}`);
    return { at: progress.redriven };
  }

  /** Waits until a redrive is over and the service has handled what it sent. */
  async ended(id: string, timeoutMs: number): Promise<RedriveJob> {
    const isOver = async () => !['waiting', 'running'].includes((await this.job(id)).state);
    await eventually(isOver, { timeoutMs, intervalMs: 200, what: `the end of redrive ${id}` });
    const { kafka, workload } = this.scenario;
    const groupId = this.scenario.groupOf('movements');
    const isHandled = async () => (await kafka.lag(groupId, `${workload.topic}.retry.0`)) === 0n;
    await eventually(isHandled, { timeoutMs, intervalMs: 200, what: 'lag 0 of the redrives' });
    const job = await this.job(id);
    this.note(`the redrive is ${job.state}: ${job.progress.redriven} sent, all handled`);
    return job;
  }

  private get redrives() {
    return this.operator.operations.redrives;
  }

  private memberOf(owner: string | null): Member {
    const member = this.scenario.living.find(({ pid }) => owner?.includes(`-${pid}-`));
    if (member === undefined) throw new Error(`${owner} is no living member`);
    return member;
  }
}
