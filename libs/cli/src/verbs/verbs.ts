import { registerActivity } from './activity.verb';
import { registerConfig } from './config.verb';
import { registerContracts } from './contracts.verb';
import { registerDeadLetters } from './dead-letters.verb';
import { registerDescribe } from './describe.verb';
import { registerDoctor } from './doctor.verb';
import { registerLag } from './lag.verb';
import { registerLint } from './lint.verb';
import { registerPauses } from './pauses.verb';
import { registerProduce } from './produce.verb';
import { registerReplay } from './replay.verb';
import { registerTail } from './tail.verb';
import { registerTop } from './top.verb';
import type { RegisterVerb } from './verb';

/** Every verb, in the order of the help. */
export const VERBS: readonly RegisterVerb[] = [
  registerDeadLetters,
  registerReplay,
  registerPauses,
  registerLag,
  registerTop,
  registerActivity,
  registerDescribe,
  registerTail,
  registerProduce,
  registerContracts,
  registerLint,
  registerConfig,
  registerDoctor,
];
