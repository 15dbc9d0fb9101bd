import { ContractUpcastFailedError } from './contracts.errors';

/** Turns an event of an older version into the next one. Pure; throwing means that it cannot. */
export type Upcaster = (older: never) => unknown;

/**
 * Makes one function of a chain of upcasters, from any readable version to the newest.
 *
 * @throws {ContractUpcastFailedError} CONTRACT_UPCAST_FAILED, from the function, with the step.
 */
export function upcastChain(
  contract: string,
  newest: number,
  steps: Readonly<Record<number, Upcaster>>,
): (value: unknown, fromVersion: number) => unknown {
  return (value, fromVersion) => {
    let current = value;
    for (let from = fromVersion; from < newest; from += 1) {
      current = upcastOnce(contract, from, steps[from], current);
    }
    return current;
  };
}

function upcastOnce(
  contract: string,
  from: number,
  upcaster: Upcaster | undefined,
  value: unknown,
): unknown {
  let answer: unknown;
  try {
    answer = (upcaster as (older: unknown) => unknown)(value);
  } catch (error) {
    // What it threw may quote the event: only the class of it is passed on.
    const thrown = error instanceof Error ? error.name : typeof error;
    throw failed(contract, from, `threw ${thrown}`, thrown);
  }
  if (answer instanceof Promise) {
    answer.catch(() => undefined);
    throw failed(contract, from, 'is asynchronous', 'Promise');
  }
  return answer;
}

function failed(contract: string, from: number, what: string, thrown: string): Error {
  return new ContractUpcastFailedError({
    message: `${contract}: the upcaster from version ${from} to ${from + 1} ${what}`,
    facts: { contract, from, to: from + 1, thrown },
  });
}
