import { describeAuditLog } from './conformance/audit-log-suite';
import { describeJobStore } from './conformance/job-store-suite';
import { FakeClock } from './fake-clock';
import { MemoryAuditLog } from './memory.audit-log';
import { MemoryJobStore } from './memory.job-store';

describe('MemoryJobStore', () => {
  let clock: FakeClock;
  let store: MemoryJobStore;

  beforeEach(() => {
    clock = new FakeClock();
    store = new MemoryJobStore(clock);
  });

  describeJobStore({
    open: () => Promise.resolve(store),
    advance: (ms) => clock.advance(ms),
  });
});

describe('MemoryAuditLog', () => {
  let log: MemoryAuditLog;

  beforeEach(() => {
    log = new MemoryAuditLog();
  });

  describeAuditLog({ open: () => Promise.resolve(log) });
});
