import { describeLints } from 'millrace/testing';
import { httpsSettings } from './https.settings';

const SERVED = { HTTP_TLS: 'true', HTTP_TLS_CERTIFICATE_FILE: '/tls/tls.crt' };

describeLints('HTTPS', {
  slice: httpsSettings,
  cases: {
    HTTP_TLS_FILES_UNUSED: {
      unsafe: { HTTP_TLS_CERTIFICATE_FILE: '/tls/tls.crt' },
      safe: SERVED,
    },
    HTTP_TLS_CERTIFICATE_MISSING: { unsafe: { HTTP_TLS: 'true' }, safe: SERVED },
    HTTP_TLS_CLIENTS_UNCHECKED: {
      unsafe: { ...SERVED, HTTP_TLS_CLIENT_REQUIRED: 'true' },
      safe: { ...SERVED, HTTP_TLS_CLIENT_REQUIRED: 'true', HTTP_TLS_CA_FILE: '/tls/ca.crt' },
    },
  },
});
