import type { Job } from 'millrace/pipeline';

/** A job as callers see it; who owns it and its fence are matters of the processes. */
export function jobView(job: Job): Record<string, unknown> {
  const { id, kind, state, spec, progress, audit, cancelRequested, cancelledBy, error } = job;
  const { createdAt, updatedAt, owner } = job;
  return {
    id,
    kind,
    state,
    spec,
    progress,
    startedBy: audit,
    cancelRequested,
    cancelledBy,
    error: error ?? null,
    owner,
    createdAt,
    updatedAt,
  };
}
