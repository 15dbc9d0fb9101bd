import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { SETTINGS } from 'millrace/config';
import type { Settings } from 'millrace/config';
import { isReadable } from './request-body';
import { producerSettings } from './producer.config';

/** Sets up what belongs to HTTP: reading bodies within their limit, and OpenAPI at /docs. */
export function configureProducer(app: NestExpressApplication): void {
  const settings = app.get<Settings>(SETTINGS).get(producerSettings);
  app.disable('x-powered-by');
  // Bytes, not objects: the contract's own codec decodes them, with its bound on depth.
  app.useBodyParser('raw', { type: isReadable, limit: settings.bodyLimitBytes });
  SwaggerModule.setup('docs', app, () => describe(app, settings.sourcesHttp), {
    jsonDocumentUrl: 'docs-json',
  });
}

function describe(app: NestExpressApplication, sourcesHttp: boolean): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Producer')
    .setDescription('Takes prices in and answers when Kafka has acknowledged them.')
    .setVersion('1')
    .build();
  const document = SwaggerModule.createDocument(app, config);
  const paths = Object.entries(document.paths);
  return {
    ...document,
    paths: Object.fromEntries(
      paths.filter(([path]) => sourcesHttp || !path.startsWith('/sources')),
    ),
  };
}
