import {
  Controller,
  Get,
  Header,
  Inject,
  NotFoundException,
  Res,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { Metrics } from './metrics';
import { METRICS_OPTIONS } from './metrics.module-definition';
import { hasOwnPort } from './metrics.options';
import type { MetricsOptions } from './metrics.options';

/** The part of a response that Express and Fastify both have. */
interface ResponseLike {
  header(name: string, value: string): unknown;
}

/** Serves GET /metrics on the port of the HTTP server; not found when /metrics has its own port. */
@Controller({ path: 'metrics', version: VERSION_NEUTRAL })
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    @Inject(METRICS_OPTIONS) private readonly options: MetricsOptions,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async read(@Res({ passthrough: true }) response: ResponseLike): Promise<string> {
    if (hasOwnPort(this.options)) throw new NotFoundException();
    response.header('Content-Type', this.metrics.registry.contentType);
    return this.metrics.registry.metrics();
  }
}
