import { Controller, Get, Inject, Param, Query, UseFilters } from '@nestjs/common';
import type { Metal } from 'millrace/events';
import { QueryProblemFilter } from '../query-problem.filter';
import type { Candle } from './candle';
import type { PriceDocument } from './price.document';
import { PRICE_QUERIES } from './price.queries';
import type { PriceQueries } from './price.queries';
import { candlesQuery, pricesQuery } from './query.request';

/** Shows people what arrived. */
@Controller()
@UseFilters(QueryProblemFilter)
export class PricesController {
  constructor(@Inject(PRICE_QUERIES) private readonly queries: PriceQueries) {}

  @Get('prices/latest')
  async latest(): Promise<{ readonly prices: readonly PriceDocument[] }> {
    return { prices: await this.queries.latest() };
  }

  @Get('prices/:metal')
  async prices(
    @Param('metal') name: string,
    @Query() parameters: object,
  ): Promise<{ readonly metal: Metal; readonly prices: readonly PriceDocument[] }> {
    const query = pricesQuery(name, parameters);
    return { metal: query.metal, prices: await this.queries.prices(query) };
  }

  @Get('candles/:metal')
  async candles(
    @Param('metal') name: string,
    @Query() parameters: object,
  ): Promise<{ readonly metal: Metal; readonly candles: readonly Candle[] }> {
    const query = candlesQuery(name, parameters);
    return { metal: query.metal, candles: await this.queries.candles(query) };
  }
}
