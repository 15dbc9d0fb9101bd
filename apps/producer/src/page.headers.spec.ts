import type { INestApplication } from '@nestjs/common';
import request from 'supertest';
import { producerApp } from '../../../test/apps/producer-app';

describe('the headers of answers [S17]', () => {
  let app: INestApplication;

  beforeAll(async () => {
    ({ app } = await producerApp());
  });
  afterAll(async () => app.close());

  it.each(['/docs', '/livez', '/not-there'])(
    '%s runs nothing foreign in a browser',
    async (path) => {
      const { headers } = await request(app.getHttpServer() as never).get(path);
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringMatching(
          /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'/,
        ) as string,
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
      expect(headers).not.toHaveProperty('x-powered-by');
    },
  );

  it('lets the page of the API load what it needs: files of its own, and styles within it', async () => {
    const { text } = await request(app.getHttpServer() as never).get('/docs');
    const scripts = [...text.matchAll(/<script([^>]*)>([^<]*)</g)];
    expect(scripts.length).toBeGreaterThan(2);
    expect(
      scripts.filter(
        ([, attributes = '', body = '']) => !/ src="/.test(attributes) || body.trim() !== '',
      ),
    ).toEqual([]);
    expect(text).not.toMatch(/(src|href)="https?:/);
  });
});
