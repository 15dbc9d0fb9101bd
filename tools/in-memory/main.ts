import { installShutdown } from 'millrace/health';
import { startInMemoryApps } from './in-memory-apps';

const DEADLINE_MS = 20_000;

/** Both apps in one process, without Kafka and without a database; nothing is kept. */
async function main(): Promise<void> {
  const apps = await startInMemoryApps(process.env);
  installShutdown({
    process,
    close: async () => {
      for (const app of apps) await app.close();
    },
    exit: (code) => process.exit(code),
    deadlineMs: DEADLINE_MS,
    now: () => performance.now(),
  });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exit(1);
});
