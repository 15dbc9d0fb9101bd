import { KAFKA_ERRORS } from './kafka.errors';

describe('KAFKA_ERRORS', () => {
  it('has each code once, spelled as the catalogue wants it', () => {
    const codes = KAFKA_ERRORS.map(({ definition }) => definition.code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toMatch(/^[A-Z]+(_[A-Z]+)+$/);
  });

  it('tells of each a summary, a likely cause and what to try', () => {
    for (const { definition } of KAFKA_ERRORS) {
      const { summary, likelyCause, fix } = definition;
      expect([summary, likelyCause, fix].every((text) => text.length > 0)).toBe(true);
    }
  });
});
