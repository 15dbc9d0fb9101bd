import { defineServiceSettings, metricsSettings } from 'millrace/config';
import type { SettingsSlice } from 'millrace/config';
import { defineConsoleSettings } from 'millrace/console';
import { kafkaSettings } from 'millrace/kafka';
import { mongoSettings } from 'millrace/mongo';
import { pipelineSettings } from 'millrace/pipeline';

/** Everything that the processor reads from its environment. */
export const PROCESSOR_SETTINGS: readonly SettingsSlice[] = [
  defineServiceSettings({ httpPort: 8001 }),
  metricsSettings,
  kafkaSettings,
  mongoSettings,
  pipelineSettings,
  defineConsoleSettings({ port: 9466 }),
];
