import { Controller, Get, Header, Res, VERSION_NEUTRAL } from '@nestjs/common';
import type { HealthCheckResult } from '@nestjs/terminus';
import { HealthAnswers } from './health-answers';
import type { HealthSummary, ProbeAnswer } from './health-answers';

/** The part of a response that Express and Fastify both have. */
interface ResponseLike {
  status(code: number): unknown;
}

/** Serves the probes and the summary; none of them waits for anything. */
@Controller({ version: VERSION_NEUTRAL })
export class HealthController {
  constructor(private readonly answers: HealthAnswers) {}

  @Get('livez')
  @Header('Cache-Control', 'no-store')
  livez(@Res({ passthrough: true }) response: ResponseLike): HealthCheckResult {
    return send(this.answers.live(), response);
  }

  @Get('readyz')
  @Header('Cache-Control', 'no-store')
  readyz(@Res({ passthrough: true }) response: ResponseLike): HealthCheckResult {
    return send(this.answers.ready(), response);
  }

  @Get('startupz')
  @Header('Cache-Control', 'no-store')
  startupz(@Res({ passthrough: true }) response: ResponseLike): HealthCheckResult {
    return send(this.answers.started(), response);
  }

  @Get('health')
  @Header('Cache-Control', 'no-store')
  health(@Res({ passthrough: true }) response: ResponseLike): HealthSummary {
    return send(this.answers.summary(), response);
  }
}

function send<Body>({ httpStatus, body }: ProbeAnswer<Body>, response: ResponseLike): Body {
  response.status(httpStatus);
  return body;
}
