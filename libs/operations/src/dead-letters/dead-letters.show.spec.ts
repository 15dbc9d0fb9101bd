import { defineContract } from 'millrace/contracts';
import type { Contract } from 'millrace/contracts';
import { z } from 'zod';
import { LetterScene } from '../fakes/letter.scene';
import type { LetterParts } from '../fakes/letter.scene';
import type { DeadLetterView, ValueMode } from './dead-letter';

const contractOf = (personalData: readonly string[], version = 2): Contract =>
  defineContract({
    name: 'metals.price.quoted',
    version,
    topic: 'prices',
    schema: z.unknown(),
    personalData,
    upcast: version === 2 ? { 1: (value: unknown) => value } : {},
  });

async function show(
  parts: LetterParts,
  {
    contracts = [contractOf([])],
    values,
  }: { contracts?: readonly Contract[]; values?: ValueMode } = {},
): Promise<DeadLetterView> {
  const scene = new LetterScene({ contracts: () => contracts }).topic();
  const position = scene.letter(parts);
  return scene.letters.show(position, values === undefined ? {} : { values });
}

describe('one dead letter', () => {
  it('[OPS-02] is shown with its headers in order, and its value', async () => {
    const others = [
      ['trace\u0007parent', Buffer.from('00-\u001b[31mred')],
      ['twice', Buffer.from('1')],
      ['twice', Buffer.of(0xff, 0xfe)],
      ['empty', null],
    ] as const;
    const { letter, headers, value } = await show({ key: 'XAU', value: '{"price":-1}', others });
    expect(letter).toMatchObject({ key: 'XAU', reason: 'contract-invalid', problems: [] });
    expect(headers.slice(0, 5)).toEqual([
      ['trace\\u0007parent', '00-\\u001b[31mred'],
      ['twice', '1'],
      ['twice', '//4='],
      ['empty', ''],
      ['dead-letter-reason', 'contract-invalid'],
    ]);
    expect(value).toEqual({
      text: '{"price":-1}',
      encoding: 'json',
      truncated: false,
      masked: [],
      withheld: null,
    });
  });

  it.each<readonly [string, string | Buffer | null, string, string]>([
    ['JSON', '{"a": [1,\n2]}', 'json', '{"a": [1,\n2]}'],
    ['broken JSON', '{"a":', 'utf8', '{"a":'],
    ['text with control characters', 'a\u0000b\u009bc\r', 'utf8', 'a\\u0000b\\u009bc\\u000d'],
    ['bytes', Buffer.of(0x80, 0x00, 0xff), 'base64', 'gAD/'],
    ['an empty value', '', 'utf8', ''],
    ['no value', null, 'utf8', ''],
  ])('tells %s by itself', async (_name, value, encoding, text) => {
    expect((await show({ value })).value).toMatchObject({ encoding, text, truncated: false });
  });

  it('shows the first 64 kB of a value, without a character that is cut through', async () => {
    const { value } = await show({ value: `${'a'.repeat(65_534)}€uro` });
    expect(value).toMatchObject({ encoding: 'utf8', truncated: true, text: 'a'.repeat(65_534) });
    const bytes = await show({ value: Buffer.alloc(100_000, 0xff) });
    expect(bytes.value).toMatchObject({ encoding: 'base64', truncated: true });
    expect(bytes.value.text).toHaveLength(65_536);
  });

  it('answers for a value of 64 MB with its beginning and its size', async () => {
    const { letter, value } = await show({ value: Buffer.alloc(67_108_864, 'x') });
    expect(letter.valueBytes).toBe(67_108_864);
    expect([value.truncated, value.text.length]).toEqual([true, 65_536]);
  });

  describe('with personal data', () => {
    const contracts = [contractOf(['customer.email', 'phones.number', 'note'])];

    it('masks the fields that the contract names, also in lists', async () => {
      const phones = [{ number: '1', kind: 'home' }, { number: '2' }];
      const event = { price: 1, customer: { email: 'a@b.c', id: 7 }, phones };
      const { value } = await show({ value: JSON.stringify(event) }, { contracts });
      expect(JSON.parse(value.text)).toEqual({
        price: 1,
        customer: { email: '[masked]', id: 7 },
        phones: [{ number: '[masked]', kind: 'home' }, { number: '[masked]' }],
      });
      expect(value.masked).toEqual(['customer.email', 'phones.number']);
    });

    it('masks what stands in the place of an object whole', async () => {
      const { value } = await show({ value: '{"customer":"a@b.c","note":null}' }, { contracts });
      expect(value).toMatchObject({ text: '{"customer":"[masked]","note":"[masked]"}' });
    });

    it.each<readonly [string, LetterParts, string]>([
      [
        'its contract is not known here',
        { headers: { contract: 'other.thing.made v1' } },
        'contract-unknown',
      ],
      [
        'it is of another version',
        { others: [['contract-version', Buffer.from('1')]] },
        'version-differs',
      ],
      ['it is another event', { others: [['ce_type', Buffer.from('x.y.z')]] }, 'version-differs'],
      ['it cannot be decoded', { value: '{"customer":{"email":"a@b.c"' }, 'unreadable'],
      ['it is too large to look into', { value: `"${'a'.repeat(1_048_576)}"` }, 'too-large'],
    ])(
      'shows nothing of a value when %s, unless it is asked for as it is',
      async (_name, parts, withheld) => {
        const { value } = await show(parts, { contracts });
        expect(value).toEqual({
          text: '',
          encoding: 'utf8',
          truncated: false,
          masked: [],
          withheld,
        });
        const revealed = await show(parts, { contracts, values: 'as-is' });
        expect([revealed.value.withheld, revealed.value.text.length > 0]).toEqual([null, true]);
      },
    );

    it('shows all of it when it is asked for as it is', async () => {
      const asIs = await show({ value: '{"note":"private"}' }, { contracts, values: 'as-is' });
      expect(asIs.value).toMatchObject({ text: '{"note":"private"}', masked: [] });
    });
  });

  it.each([
    [
      'a topic that is not there',
      { topic: 'orders.dead-letter' },
      /no dead letter topic; there are: prices.dead-letter/,
    ],
    ['a topic that is no dead letter topic', { topic: 'prices' }, /no dead letter topic/],
    ['a partition that is not there', { partition: 4 }, /partitions 0 to 0/],
    ['an offset behind the end', { offset: 3n }, /offsets 1 to 2/],
    ['an offset that retention deleted', { offset: 0n }, /offsets 1 to 2/],
  ])('refuses %s, naming what is there', async (_name, part, message) => {
    const scene = new LetterScene().topic();
    for (let count = 0; count < 3; count += 1) scene.letter();
    scene.broker.deleteRecords('prices.dead-letter', 0, 1n);
    const position = { topic: 'prices.dead-letter', partition: 0, offset: 1n, ...part };
    await expect(scene.letters.show(position)).rejects.toMatchObject({
      code: 'DEADLETTER_NOT_FOUND',
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('an export', () => {
  it('[OPS-02] is one line of JSON per letter that fits, offsets as text', async () => {
    const scene = new LetterScene({ contracts: () => [contractOf(['note'])] }).topic();
    scene.letter({ key: 'a', value: '{"note":"x"}', timestampMs: 1_000 });
    scene.foreign();
    const lines: string[] = [];
    for await (const line of scene.letters.exportLines({ reason: 'contract-invalid' }))
      lines.push(line);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      position: { topic: 'prices.dead-letter', partition: 0, offset: '0' },
      timestampMs: 1_000,
      key: 'a',
      original: { offset: '9007199254740993' },
      failedAt: '2026-01-01T00:00:02.000Z',
      headers: expect.arrayContaining([['dead-letter-reason', 'contract-invalid']]) as unknown,
      value: { text: '{"note":"[masked]"}', encoding: 'json', masked: ['note'] },
    });
  });

  it('shows values as they are only when it is asked to', async () => {
    const scene = new LetterScene().topic();
    scene.letter({ value: 'secret' });
    const valuesOf = async (values?: ValueMode) => {
      const options = values === undefined ? {} : { values };
      const { value } = await scene.letters.exportLines({}, options).next();
      return (JSON.parse(String(value)) as DeadLetterView).value.text;
    };
    expect([await valuesOf(), await valuesOf('as-is')]).toEqual(['', 'secret']);
  });
});
