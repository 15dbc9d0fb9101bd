import type { IncomingMessage } from 'node:http';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { SETTINGS } from 'millrace/config';
import type { Settings } from 'millrace/config';
import { LimitedHttpAdapter, httpSettings, requestsInFlight } from 'millrace/pipeline';
import { httpsOptionsOf, httpsSettings } from 'millrace/tls';
import { bodyAdmission } from './body.admission';
import { Callers } from './callers/callers';
import { isBatch } from './ingest.routes';
import { pageHeaders } from './page.headers';
import { producerSettings } from './producer.config';
import type { ProducerSettings } from './producer.config';
import { isReadable } from './request-body';

/** Routes that take something in; probes, metrics and /docs stay reachable whatever clients do. */
const INTAKE_ROUTES = ['/produce', '/sources'];

/** Makes the HTTP server of the producer: HTTPS when it is on, and limits against strangers. */
export function producerAdapter(settings: Settings): LimitedHttpAdapter {
  return new LimitedHttpAdapter(
    settings.get(httpSettings),
    httpsOptionsOf(settings.get(httpsSettings)),
  );
}

/** Sets up what belongs to HTTP: reading bodies within their limit, and OpenAPI at /docs. */
export function configureProducer(app: NestExpressApplication): void {
  const all = app.get<Settings>(SETTINGS);
  const settings = all.get(producerSettings);
  app.disable('x-powered-by');
  app.use(pageHeaders);
  app.use(INTAKE_ROUTES, requestsInFlight(all.get(httpSettings).maxRequestsInFlight));
  app.use(bodyAdmission(settings));
  readBodies(app, settings);
  SwaggerModule.setup('docs', app, () => describe(app, settings.sourcesHttp), {
    jsonDocumentUrl: 'docs-json',
  });
}

/** Bytes, not objects: the contract's own codec decodes them, with its bound on depth. */
function readBodies(app: NestExpressApplication, settings: ProducerSettings): void {
  const callers = app.get(Callers, { strict: false });
  const { gzip: inflate, bodyLimitBytes, batchBodyLimitBytes } = settings;
  // What a stranger sends is never kept: his request is refused by the guard, without its body.
  const isWorthReading = (request: IncomingMessage) =>
    isReadable(request) && callers.admits(request);
  app.useBodyParser('raw', {
    type: (request) => !isBatch(request) && isWorthReading(request),
    ...{ inflate, limit: bodyLimitBytes },
  });
  app.useBodyParser('raw', {
    type: (request) => isBatch(request) && isWorthReading(request),
    ...{ inflate, limit: batchBodyLimitBytes },
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
