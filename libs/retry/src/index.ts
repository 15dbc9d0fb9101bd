export { sleep, systemClock } from './clock';
export type { Clock, Random } from './clock';
export { EXPONENTIAL_DEFAULTS, JITTERS, constant, exponential } from './backoff';
export type { Backoff, ExponentialOptions, Jitter } from './backoff';
export { TokenBucket } from './token-bucket';
export type { TokenBucketOptions } from './token-bucket';
export { RETRY_ERRORS, RetryOptionsInvalidError } from './retry.errors';
