import { defineLints, isLoopback } from 'millrace/config';
import { tlsFilesUnused } from 'millrace/tls';
import { uriFacts } from './connection-uri';
import type { MongoFields } from './mongo.config';

/** What is unsafe, or useless, between the settings of TLS. */
export const TLS_LINTS = defineLints<MongoFields>([
  {
    id: 'MONGODB_TLS_REQUIRED',
    severity: { production: 'refuse', otherwise: 'warn' },
    override: 'outside-production',
    settings: ['MONGODB_TLS', 'MONGODB_URI'],
    danger: 'whoever is on the network reads every document, and the password',
    fix: 'set MONGODB_TLS=true with MONGODB_TLS_CA_FILE, and let the server require TLS',
    check: ({ tls, uri }, { environment }) => {
      const { hasTls, address } = uriFacts(uri.reveal());
      if (tls || hasTls) return null;
      // Nobody reads along on the way to this machine itself.
      const isLocal = environment !== 'production' && address.split(',').every(isLoopback);
      return isLocal ? null : 'the database is spoken to without TLS';
    },
  },
  {
    id: 'MONGODB_TLS_VERIFICATION_OFF',
    severity: 'refuse',
    override: 'never',
    settings: ['MONGODB_URI'],
    danger: 'whoever is between this service and the database can be the database',
    fix: 'remove the option, and give the CA of the server in MONGODB_TLS_CA_FILE',
    check: ({ uri }) => {
      const { unverified } = uriFacts(uri.reveal());
      if (unverified.length === 0) return null;
      return `${unverified.join(', ')} switches the check of the certificate off`;
    },
  },
  tlsFilesUnused('MONGODB'),
  {
    id: 'MONGODB_CREDENTIALS_INCOMPLETE',
    severity: 'refuse',
    settings: ['MONGODB_USERNAME', 'MONGODB_PASSWORD_FILE'],
    danger: 'the database is asked without a user, and refuses everything',
    fix: 'set both, or none of them',
    check: ({ username, passwordFile }) =>
      (username === undefined) === (passwordFile === undefined)
        ? null
        : 'one of the two settings is missing',
  },
]);
