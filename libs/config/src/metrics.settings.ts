import { port, text } from './schemas';
import { defineSettings } from './settings-slice';
import type { SettingsOf } from './settings-slice';

/** The slice `metrics`: where `/metrics` is served. */
export const metricsSettings = defineSettings('metrics', {
  port: {
    env: 'METRICS_PORT',
    schema: port.optional(),
    description: 'Port of /metrics alone; not set = the port of the HTTP server.',
  },
  host: {
    env: 'METRICS_HOST',
    schema: text,
    default: '0.0.0.0',
    description: 'Address of the metrics port; a network policy admits the scraper only.',
  },
});

export type MetricsSettings = SettingsOf<typeof metricsSettings>;
