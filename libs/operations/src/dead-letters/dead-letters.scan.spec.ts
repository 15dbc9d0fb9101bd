import { LetterScene } from '../fakes/letter.scene';
import type { DeadLetter, DeadLetterFilter } from './dead-letter';

describe('a scan of dead letters', () => {
  it('[OPS-02] lists what failed, where, why and for whom', async () => {
    const scene = new LetterScene().topic();
    const position = scene.letter({ key: 'XAU', timestampMs: 1_000 });
    const [letter] = await listOf(scene.letters.scan());
    expect(letter).toMatchObject({
      position,
      timestampMs: 1_000,
      reason: 'contract-invalid',
      errorCode: 'CONTRACT_INVALID',
      errorMessage: 'price must be above 0',
      groupId: 'metals',
      pipeline: 'metals',
      original: { topic: 'prices', partition: 3, offset: 9007199254740993n },
      key: 'XAU',
      eventId: 'event-1',
      contract: 'metals.price.quoted v2',
      attempts: 1,
      redriveCount: 0,
      failedAt: new Date('2026-01-01T00:00:02.000Z'),
      firstFailedAt: new Date('2026-01-01T00:00:01.000Z'),
      truncated: null,
      valueBytes: 12,
      parked: false,
      problems: [],
    });
  });

  it('goes through all dead letter topics, merged by time, in order within a partition', async () => {
    const scene = new LetterScene().topic('prices', 2).topic('mails');
    scene.letter({ key: 'b', timestampMs: 2 });
    // In one partition the order of the log counts, whatever the times say.
    scene.letter({ key: 'late', timestampMs: 1 });
    scene.letter({ key: 'c', timestampMs: 3, partition: 1 });
    scene.letter({ key: 'a', timestampMs: 1 }, 'mails');
    scene.letter({ key: 'd', timestampMs: 4 }, 'mails');
    expect(await scene.keys()).toEqual(['a', 'b', 'late', 'c', 'd']);
    expect(await scene.letters.topics()).toEqual(['mails.dead-letter', 'prices.dead-letter']);
  });

  it('ends at the ends of the log as they were at the start', async () => {
    const scene = new LetterScene().topic();
    scene.letter({ key: '1' });
    scene.letter({ key: '2' });
    const keys: Array<string | null> = [];
    for await (const { key } of scene.letters.scan()) {
      keys.push(key);
      scene.letter({ key: 'later' });
    }
    expect(keys).toEqual(['1', '2']);
  });

  it('begins at the first letter that is still there, and finds nothing in empty topics', async () => {
    const scene = new LetterScene().topic('prices', 3).topic('mails');
    for (const key of ['1', '2', '3']) scene.letter({ key });
    scene.broker.deleteRecords('prices.dead-letter', 0, 2n);
    expect(await scene.keys()).toEqual(['3']);
    expect(await scene.keys({ topic: 'mails' })).toEqual([]);
    expect(await new LetterScene().keys()).toEqual([]);
  });

  it('ends after a limit, and with its signal', async () => {
    const scene = new LetterScene().topic();
    for (const key of ['1', '2', '3']) scene.letter({ key });
    expect(await listOf(scene.letters.scan({}, { limit: 2 }))).toHaveLength(2);
    const given = new AbortController();
    const scan = scene.letters.scan({}, { signal: given.signal });
    await scan.next();
    given.abort(new Error('given up'));
    await expect(scan.next()).rejects.toThrow('given up');
  });

  it('reads in pages: from where each partition was left', async () => {
    const scene = new LetterScene().topic('prices', 2);
    for (let index = 0; index < 5; index += 1) {
      scene.letter({ key: `${index}`, timestampMs: index, partition: index % 2 });
    }
    const next = new Map<number, bigint>();
    const page = async () => {
      const from = ({ partition }: { readonly partition: number }) => next.get(partition);
      const letters = await listOf(scene.letters.scan({}, { limit: 2, from }));
      for (const { position } of letters) next.set(position.partition, position.offset + 1n);
      return letters.map(({ key }) => key);
    };
    expect([await page(), await page(), await page(), await page()]).toEqual([
      ['0', '1'],
      ['2', '3'],
      ['4'],
      [],
    ]);
  });

  it('lists records that no pipeline wrote, with what is known of them, and goes on', async () => {
    const scene = new LetterScene().topic();
    scene.foreign();
    scene.letter({
      headers: { reason: 'tired', originalOffset: '-1', attempts: 'many', failedAt: 'soon' },
    });
    scene.letter({ headers: { originalPartition: '99999999999' }, value: null });
    scene.foreign([
      ['dead-letter-reason', null],
      ['dead-letter-consumer-group', Buffer.of(0xff)],
    ]);
    scene.letter({ key: 'fine' });
    const letters = await listOf(scene.letters.scan());
    expect(letters.map(({ problems }) => problems.length)).toEqual([5, 4, 1, 4, 0]);
    expect(letters[0]).toMatchObject({
      reason: null,
      groupId: null,
      original: null,
      valueBytes: 7,
    });
    expect(letters[1]?.problems).toEqual([
      'dead-letter-reason makes no sense',
      'dead-letter-original-offset makes no sense',
      'dead-letter-attempts makes no sense',
      'dead-letter-failed-at makes no sense',
    ]);
    expect(letters[1]).toMatchObject({
      reason: null,
      original: null,
      errorCode: 'CONTRACT_INVALID',
    });
    expect(letters[4]).toMatchObject({ key: 'fine' });
  });

  it('lists a range that cannot be decoded as one letter, and goes on behind it', async () => {
    const scene = new LetterScene().topic();
    for (const key of ['1', '2', '3', '4']) scene.letter({ key });
    scene.broker.faults.undecodable('prices.dead-letter', 0, 1n, 2);
    const letters = await listOf(scene.letters.scan());
    expect(letters.map(({ key }) => key)).toEqual(['1', null, '4']);
    const [unreadable] = letters.filter(({ record }) => record.undecodable !== undefined);
    expect(unreadable?.problems[0]).toBe('offsets 1 to 2 cannot be decoded: MEMORY_UNDECODABLE');
  });

  it('escapes control characters of what others wrote', async () => {
    const scene = new LetterScene().topic();
    scene.letter({ headers: { errorMessage: 'a\u001b[2Jb\nc\u202ed' } });
    const [letter] = await listOf(scene.letters.scan());
    expect(letter?.errorMessage).toBe('a\\u001b[2Jb\\u000ac\\u202ed');
  });

  it('fails with the code of the outage while the brokers are away', async () => {
    const scene = new LetterScene().topic();
    scene.letter();
    const scan = scene.letters.scan();
    scene.broker.faults.brokerDown();
    await expect(scan.next()).rejects.toMatchObject({ failure: 'infrastructure' });
  });
});

describe('a filter of dead letters', () => {
  function aScene(): LetterScene {
    const scene = new LetterScene().topic('prices', 2).topic('mails');
    scene.letter({ key: 'usual', timestampMs: 1_000 });
    scene.letter({ key: 'other', timestampMs: 2_000, partition: 1, headers: OTHER });
    scene.letter({ key: 'third', timestampMs: 3_000, partition: 1 });
    scene.letter(
      { key: 'mail', timestampMs: 4_000, headers: { contract: 'mail.sent v12' } },
      'mails',
    );
    return scene;
  }
  const OTHER = {
    reason: 'sink-rejected',
    errorCode: 'SINK_DOCUMENT_REJECTED',
    consumerGroup: 'metals-2',
    contract: 'metals.price.quoted v1',
  };

  it.each<readonly [string, DeadLetterFilter, readonly string[]]>([
    ['nothing', {}, ['usual', 'other', 'third', 'mail']],
    ['a source topic', { topic: 'mails' }, ['mail']],
    ['a dead letter topic', { topic: 'mails.dead-letter' }, ['mail']],
    ['a reason', { reason: 'sink-rejected' }, ['other']],
    ['a code', { errorCode: 'SINK_DOCUMENT_REJECTED' }, ['other']],
    ['a code that none has', { errorCode: 'SINK' }, []],
    ['a group', { groupId: 'metals' }, ['usual', 'third', 'mail']],
    ['a key', { key: 'third' }, ['third']],
    ['a contract of any version', { contract: 'metals.price.quoted' }, ['usual', 'other', 'third']],
    ['a contract of one version', { contract: 'metals.price.quoted v1' }, ['other']],
    ['no beginning of a contract', { contract: 'mail.sent v1' }, []],
    ['since', { since: new Date(2_000) }, ['other', 'third', 'mail']],
    ['until, which is not included', { until: new Date(2_000) }, ['usual']],
    ['a time without letters', { since: new Date(9_000) }, []],
    ['a partition', { topic: 'prices', partition: 1 }, ['other', 'third']],
    ['offsets from', { topic: 'prices', partition: 1, offsets: { from: 1n } }, ['third']],
    ['offsets to, not included', { topic: 'prices', partition: 1, offsets: { to: 1n } }, ['other']],
    ['offsets behind the end', { topic: 'prices', partition: 1, offsets: { from: 7n } }, []],
    [
      'several at once',
      { reason: 'contract-invalid', topic: 'prices', since: new Date(2) },
      ['usual', 'third'],
    ],
  ])('[OPS-02] selects by %s', async (_name, filter, keys) => {
    expect(await aScene().keys(filter)).toEqual(keys);
  });

  it.each<readonly [string, object, string, RegExp]>([
    [
      'a topic without dead letters',
      { topic: 'orders' },
      'topic',
      /"orders".*these have: mails, prices/,
    ],
    [
      'a partition that is not there',
      { topic: 'mails', partition: 1 },
      'partition',
      /partitions 0 to 0/,
    ],
    ['a partition without a topic', { partition: 0 }, 'partition', /needs a topic/],
    ['a partition below 0', { topic: 'mails', partition: -1 }, 'partition', /whole number from 0/],
    ['offsets without a partition', { topic: 'mails', offsets: {} }, 'offsets', /need a partition/],
    [
      'offsets backwards',
      { topic: 'mails', partition: 0, offsets: { from: 3n, to: 3n } },
      'offsets',
      /above from \(3\)/,
    ],
    ['an unknown reason', { reason: 'bored' }, 'reason', /malformed, .*manual/],
    ['an unknown word for parked', { parked: 'yes' }, 'parked', /only, without, any/],
    ['a time that is none', { since: new Date('soon') }, 'since', /a time is wanted/],
    ['times backwards', { since: new Date(2), until: new Date(1) }, 'until', /must be after since/],
    ['an empty text', { errorCode: '' }, 'errorCode', /text is wanted/],
    ['a field that is not there', { resaon: 'manual' }, 'resaon', /there are: topic, reason/],
  ])('refuses %s, naming the field and what is allowed', async (_name, filter, field, message) => {
    const scan = aScene().letters.scan(filter);
    await expect(scan.next()).rejects.toMatchObject({
      code: 'DEADLETTER_FILTER_INVALID',
      where: field,
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('groups of dead letters', () => {
  it('[OPS-02] count what failed alike, most frequent first', async () => {
    const scene = new LetterScene().topic('prices', 2);
    scene.letter({ timestampMs: 5_000, partition: 1 });
    scene.letter({ timestampMs: 1_000, headers: { errorMessage: 'x'.repeat(500) } });
    scene.letter({ timestampMs: 2_000, headers: { consumerGroup: 'other' } });
    scene.foreign();
    const groups = await scene.letters.groups({ until: new Date(6_000) });
    expect(groups).toEqual([
      {
        reason: 'contract-invalid',
        errorCode: 'CONTRACT_INVALID',
        message: 'x'.repeat(200),
        groupId: 'metals',
        topic: 'prices',
        count: 2,
        oldest: new Date(1_000),
        newest: new Date(5_000),
      },
      expect.objectContaining({ groupId: 'other', count: 1, message: 'price must be above 0' }),
    ]);
  });

  it('stay bounded when somebody makes codes up', async () => {
    const scene = new LetterScene().topic();
    for (let code = 0; code < 1_010; code += 1)
      scene.letter({ headers: { errorCode: `MADE_UP_${code}` } });
    const groups = await scene.letters.groups();
    expect(groups).toHaveLength(1_001);
    expect(groups[0]).toMatchObject({ errorCode: null, count: 10 });
  });
});

async function listOf(all: AsyncIterable<DeadLetter>): Promise<readonly DeadLetter[]> {
  const list: DeadLetter[] = [];
  for await (const each of all) list.push(each);
  return list;
}
