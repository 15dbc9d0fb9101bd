import type { StandardSchemaV1 } from '@standard-schema/spec';
import { bytes, count, durationMs, flag, list, oneOf, port, ratio, text } from 'millrace/config';

function read(schema: StandardSchemaV1, value: string): unknown {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) throw new Error('a schema of settings is synchronous');
  return result.issues === undefined ? result.value : 'refused';
}

describe('schemas of settings', () => {
  it.each([
    ['port', port, '8000', 8000],
    ['port', port, '0', 0],
    ['port', port, '65536', 'refused'],
    ['port', port, 'abc', 'refused'],
    ['port', port, '1e3', 'refused'],
    ['durationMs', durationMs, '2500', 2500],
    ['durationMs', durationMs, '2147483648', 'refused'],
    ['durationMs', durationMs, '5s', 'refused'],
    ['bytes', bytes, '1048576', 1_048_576],
    ['bytes', bytes, '1.5', 'refused'],
    ['count', count, '0', 0],
    ['count', count, '-1', 'refused'],
    ['flag', flag, 'true', true],
    ['flag', flag, '0', false],
    ['flag', flag, 'yes', 'refused'],
    ['ratio', ratio, '0.25', 0.25],
    ['ratio', ratio, '1', 1],
    ['ratio', ratio, '1.1', 'refused'],
    ['text', text, 'a b', 'a b'],
    ['text', text, '', 'refused'],
    ['list', list, 'a, b,,c', ['a', 'b', 'c']],
    ['list', list, ' , ', 'refused'],
    ['oneOf', oneOf('verify', 'create'), 'create', 'create'],
    ['oneOf', oneOf('verify', 'create'), 'drop', 'refused'],
  ] as const)('%s answers to case %# in its own way', (_name, schema, value, expected) => {
    expect(read(schema, value)).toEqual(expected);
  });

  it('types a closed set by its words', () => {
    const schema = oneOf('verify', 'create');
    const value: 'verify' | 'create' = schema.parse('verify');
    expect(value).toBe('verify');
  });
});
