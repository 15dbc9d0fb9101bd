import { Logger } from '@nestjs/common';
import { permanent } from 'millrace/errors';
import { FakeClock } from 'millrace/testing';
import { numbers, recordAt } from '../fakes/records';
import type { Failure } from './dead-letter.headers';
import { FailureLog } from './failure-log';

const failureAt = (offset: number): Failure => ({
  record: recordAt(offset),
  source: { topic: 'readings', partition: 0 },
  reason: 'malformed',
  error: permanent('not JSON'),
  attempts: 0,
  firstFailedAtMs: 0,
  eventId: null,
});

describe('FailureLog', () => {
  const lines: string[] = [];
  const clock = new FakeClock();
  const log = new FailureLog(clock);

  beforeEach(() => {
    lines.length = 0;
    Logger.overrideLogger({
      log: () => undefined,
      warn: () => undefined,
      error: (_fields: unknown, text: string) => lines.push(text),
    });
  });
  afterAll(() => Logger.overrideLogger(false));

  it('writes ten dead letters of a second, one line each, and counts the rest in one', async () => {
    log.deadLetters(numbers(7).map(failureAt));
    log.deadLetters(numbers(7).map(failureAt));
    log.deadLetters([failureAt(99)]);
    expect(lines).toHaveLength(10);
    expect(lines[0]).toContain('readings/0@0 is a dead letter (malformed)');
    await clock.advance(1_000);
    expect(lines.slice(10)).toEqual(['5 more dead letters']);
  });

  it('begins anew in the next second', async () => {
    await clock.advance(1_000);
    log.deadLetters([failureAt(1)]);
    await clock.advance(5_000);
    expect(lines).toHaveLength(1);
  });
});
