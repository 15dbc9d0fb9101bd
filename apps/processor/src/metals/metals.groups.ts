/**
 * The consumer groups of the metals pipeline. Lag alerts and autoscalers name them, so they are
 * written once, exactly as Kafka knows them.
 */
export const METALS_GROUPS = Object.freeze({
  prices: 'metals-processor',
  latest: 'metals-latest-processor',
  candles: 'metals-candles-processor',
});
