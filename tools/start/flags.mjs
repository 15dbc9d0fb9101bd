// @ts-check
import { parseArgs } from 'node:util';
import { ENGINE_KINDS } from '../engines/choose-kind.mjs';

export const USAGE = `usage: npm start -- [flags]

  --once            exit after the table: 0 only if every published event is stored exactly once;
                    the figures are one JSON object on the last line
  --count=N         generated prices of each of silver, platinum, palladium, copper; default 1500
  --rate=N          generated prices per second, all together; default 1000
  --seed=N          of the generator; default 1
  --engines=KIND    ${ENGINE_KINDS.join(' | ')}; default: the first that is possible, in this order
  --in-memory       both apps in one process, no server, nothing is kept`;

/**
 * @typedef {{ once: boolean, inMemory: boolean, count: number, rate: number, seed: number, engines?: import('../engines/choose-kind.mjs').EngineKind }} StartFlags
 */

/**
 * Reads the flags of `npm start`.
 *
 * @param {readonly string[]} argv
 * @returns {StartFlags | string} what is wrong, as text; '' when help is asked for.
 */
export function readFlags(argv) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        once: { type: 'boolean', default: false },
        'in-memory': { type: 'boolean', default: false },
        count: { type: 'string', default: '1500' },
        rate: { type: 'string', default: '1000' },
        seed: { type: 'string', default: '1' },
        engines: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return '';
    const engines = ENGINE_KINDS.find((kind) => kind === values.engines);
    if (values.engines && !engines) return `--engines is one of ${ENGINE_KINDS.join(', ')}`;
    const numbers = {
      count: number('count', values.count, 0),
      rate: number('rate', values.rate, 1),
      seed: number('seed', values.seed, 0),
    };
    return { once: values.once, inMemory: values['in-memory'], ...numbers, engines };
  } catch (error) {
    return /** @type {Error} */ (error).message;
  }
}

/** @param {string} name @param {string} text @param {number} least */
function number(name, text, least) {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`--${name} is a whole number, ${least} or more`);
}
