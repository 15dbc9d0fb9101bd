import type { Operations } from 'millrace/operations';
import { jsonText } from '../http/answer';
import { jobView } from '../routes/job.views';
import { handlerViews } from '../routes/views';

/** What streams show, by name: `handler:<id>`, `redrive:<id>`, `replay:<id>`; each as JSON text. */
export type ConsoleState = ReadonlyMap<string, string>;

/** Jobs that are shown; unit jobs of a kind. */
const JOBS = 20;

/** Looks at what is, for all streams together. */
export class StateSampler {
  constructor(private readonly operations: Operations) {}

  async sample(): Promise<ConsoleState> {
    const { groups, redrives, replays } = this.operations;
    const [{ handlers }, redriveJobs, replayJobs] = await Promise.all([
      handlerViews(groups),
      redrives.list({ limit: JOBS }),
      replays.list({ limit: JOBS }),
    ]);
    const state = new Map<string, string>();
    for (const handler of handlers) state.set(`handler:${handler.id}`, jsonText(handler));
    for (const job of [...redriveJobs, ...replayJobs]) {
      state.set(`${job.kind}:${job.id}`, jsonText(jobView(job)));
    }
    return state;
  }
}
