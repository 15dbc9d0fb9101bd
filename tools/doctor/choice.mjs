// @ts-check
import { chooseKind } from '../engines/choose-kind.mjs';
import { machineProbes } from '../engines/prerequisites.mjs';

/**
 * Tells which engines `npm start` would take, without starting any.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ kind?: string, reason: string }>} no kind when none is possible.
 */
export async function choiceOf(env) {
  try {
    return await chooseKind({ env, probes: machineProbes(env) });
  } catch (error) {
    const { message, likelyCause } =
      /** @type {import('../engines/engine-error.mjs').EngineError} */ (error);
    return { reason: [message, likelyCause].filter(Boolean).join('\n    ') };
  }
}
