import { defineLints, isLoopback } from 'millrace/config';
import { tlsFilesUnused } from 'millrace/tls';
import type { KafkaFields } from './kafka.fields';

/** What is unsafe, or useless, between the settings of TLS and SASL. */
export const TLS_LINTS = defineLints<KafkaFields>([
  {
    id: 'KAFKA_TLS_REQUIRED',
    severity: { production: 'refuse', otherwise: 'warn' },
    override: 'outside-production',
    settings: ['KAFKA_TLS', 'KAFKA_BROKERS'],
    danger: 'whoever is on the network reads every record, and may write some',
    fix: 'set KAFKA_TLS=true with KAFKA_TLS_CA_FILE, and use the TLS port of the brokers',
    check: ({ tls, brokers }, { environment }) => {
      if (tls) return null;
      // Nobody reads along on the way to this machine itself.
      const isLocal = environment !== 'production' && brokers.every(isLoopback);
      return isLocal ? null : 'the brokers are spoken to without TLS';
    },
  },
  tlsFilesUnused('KAFKA'),
  {
    id: 'KAFKA_SASL_INCOMPLETE',
    severity: 'refuse',
    settings: ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD_FILE'],
    danger: 'the brokers are asked without a user, and refuse everything',
    fix: 'set all three, or none of them',
    check: ({ saslMechanism, saslUsername, saslPasswordFile }) => {
      const given = [saslMechanism, saslUsername, saslPasswordFile];
      const count = given.filter((value) => value !== undefined).length;
      return count === 0 || count === given.length
        ? null
        : `${count} of the three settings of SASL are set`;
    },
  },
]);
