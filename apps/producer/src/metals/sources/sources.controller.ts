import { Controller, Get, HttpCode, Post, Query, Req, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { METALS } from 'millrace/events';
import { CallerGuard } from '../../callers/caller.guard';
import { jsonOf } from '../../request-body';
import type { BodyRequest } from '../../request-body';
import { PROBLEM_SCHEMA } from '../produce.openapi';
import type { LedgerPage } from './ledger';
import type { SourceStatus } from './source.progress';
import { Sources } from './sources';
import type { SourceKind } from './sources';
import { SourcesGuard } from './sources.guard';
import { generatorRequest, replayRequest, sinceOf } from './sources.request';

const REPLAY_BODY = {
  type: 'object',
  required: ['file'],
  properties: { file: { type: 'string', example: 'gold-monthly' } },
};

const GENERATOR_BODY = {
  type: 'object',
  required: ['count', 'ratePerSecond'],
  properties: {
    metals: { type: 'array', items: { type: 'string', enum: [...METALS] } },
    count: { type: 'integer', description: 'prices of all metals together' },
    ratePerSecond: { type: 'integer', description: 'prices of all metals together' },
    burst: { type: 'integer', description: 'prices that may be sent at once' },
    seed: { type: 'integer', default: 1 },
  },
};

/** Starts and watches the sources; there only when SOURCES_HTTP is on. */
@ApiTags('sources')
@ApiResponse({ status: 400, description: 'A field is wrong.', schema: PROBLEM_SCHEMA })
@Controller('sources')
@UseGuards(SourcesGuard, CallerGuard)
export class SourcesController {
  constructor(private readonly sources: Sources) {}

  @Get()
  @ApiOperation({ summary: 'How the sources are' })
  status(): Readonly<Record<SourceKind, SourceStatus>> {
    return this.sources.status();
  }

  @Post('file/replay')
  @HttpCode(202)
  @ApiOperation({ summary: 'Replay a file of the data directory' })
  @ApiBody({ schema: REPLAY_BODY })
  @ApiResponse({ status: 409, description: 'It runs already.', schema: PROBLEM_SCHEMA })
  replay(@Req() request: BodyRequest): Promise<SourceStatus> {
    return this.sources.replay(replayRequest(jsonOf(request)).file);
  }

  @Post('generator/run')
  @HttpCode(202)
  @ApiOperation({ summary: 'Generate prices' })
  @ApiBody({ schema: GENERATOR_BODY })
  @ApiResponse({ status: 409, description: 'It runs already.', schema: PROBLEM_SCHEMA })
  generate(@Req() request: BodyRequest): SourceStatus {
    return this.sources.generate(generatorRequest(jsonOf(request)));
  }

  @Get('ledger')
  @ApiOperation({ summary: 'Ids that Kafka acknowledged, up to 10,000 per page' })
  @ApiQuery({ name: 'since', required: false, description: '`next` of the page before' })
  ledger(@Query('since') since: unknown): LedgerPage {
    return this.sources.ledger.page(sinceOf(since));
  }
}
