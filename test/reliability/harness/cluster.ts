import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import type { Admin } from 'kafkajs';

/** Does something to the cluster as an operator would: nothing of Millrace is between. */
export async function asOperator<T>(
  brokers: string,
  act: (admin: Admin) => Promise<T>,
): Promise<T> {
  const kafka = new Kafka({
    clientId: 'reliability-operator',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    retry: { retries: 8 },
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await act(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Replaces the settings of a topic. @param settings - none = the defaults. */
export const configureTopic = (
  brokers: string,
  topic: string,
  settings: Readonly<Record<string, string>>,
): Promise<unknown> =>
  asOperator(brokers, (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
        },
      ],
    }),
  );
