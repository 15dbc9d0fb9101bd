import { Logger } from '@nestjs/common';

// Suites on real servers provoke outages: the lines about them would hide the results.
Logger.overrideLogger(['fatal']);
