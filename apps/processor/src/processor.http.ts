import type { NestExpressApplication } from '@nestjs/platform-express';

/** Sets up what belongs to HTTP; the processor only answers queries, so it reads no bodies. */
export function configureProcessor(app: NestExpressApplication): void {
  app.disable('x-powered-by');
}
