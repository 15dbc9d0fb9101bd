import { setImmediate } from 'node:timers/promises';
import { createLogger, recordContext } from 'millrace/logging';

describe('recordContext', () => {
  it('carries fields across await and takes them away at the end', async () => {
    await recordContext.run({ topic: 'metals-prices', partition: 3 }, async () => {
      await setImmediate();
      recordContext.set({ offset: '42' });
      await setImmediate();
      expect(recordContext.fields()).toEqual({
        topic: 'metals-prices',
        partition: 3,
        offset: '42',
      });
    });
    expect(recordContext.fields()).toEqual({});
  });

  it('keeps batches that run at the same time apart', async () => {
    const work = (offset: string) =>
      recordContext.run({ topic: 't' }, async () => {
        recordContext.set({ offset });
        await setImmediate();
        return recordContext.fields()['offset'];
      });
    expect(await Promise.all([work('1'), work('2')])).toEqual(['1', '2']);
  });

  it('adds to the fields around it and gives them back afterwards', () => {
    recordContext.run({ topic: 't' }, () => {
      recordContext.run({ attempt: 2 }, () => {
        expect(recordContext.fields()).toEqual({ topic: 't', attempt: 2 });
      });
      expect(recordContext.fields()).toEqual({ topic: 't' });
    });
  });

  it('does nothing when it is set outside of a run', () => {
    recordContext.set({ topic: 't' });
    expect(recordContext.fields()).toEqual({});
  });

  it('is on every log line of the work, and the fields of the line win', () => {
    const written: string[] = [];
    const logger = createLogger({
      service: 's',
      version: 'v',
      destination: { write: (line: string) => void written.push(line) },
    });
    recordContext.run({ topic: 't', offset: '7', attempt: 1, trace_id: undefined }, () => {
      logger.warn({ event: 'record.retry', attempt: 2 }, 'again');
      logger.warn('and again');
    });
    logger.info('outside');
    const [first, second, third] = written.map((line) => JSON.parse(line) as object);
    expect(first).toMatchObject({ topic: 't', offset: '7', attempt: 2, event: 'record.retry' });
    expect(second).toMatchObject({ topic: 't', offset: '7', attempt: 1, event: 'app.log' });
    expect(third).not.toHaveProperty('topic');
  });
});
