import type { INestApplication } from '@nestjs/common';
import type { NestMicroservice } from '@nestjs/microservices';
import { ErrorPassingFilter } from './error-passing.filter';
import { PipelineServer } from './pipeline.server';

/**
 * Connects the transport of `@Consumes` to an app that imports {@link PipelineModule}; call it before
 * `app.init()`, then `app.startAllMicroservices()`.
 *
 * Errors of handlers pass through unchanged, so that the policy can tell them apart. Global pipes,
 * filters and guards of the HTTP side do not apply to handlers: bind them to the controller.
 */
export function connectPipeline(app: INestApplication): void {
  const microservice = app.connectMicroservice(
    { strategy: app.get(PipelineServer) },
    // Deferred, because global filters count only before the handlers are wrapped.
    { deferInitialization: true },
  ) as NestMicroservice;
  microservice.useGlobalFilters(new ErrorPassingFilter());
  // The app has run the hooks of the modules already; a second time would start everything twice.
  microservice.setIsInitHookCalled(true);
}
