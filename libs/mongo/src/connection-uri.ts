/** What the connection string says about the safety of writes. */
export interface UriFacts {
  /** Hosts for people; no user, no options; example `mongo-0:27017,mongo-1:27017`. */
  readonly address: string;
  /** Options that ask for less than the service needs, by name, without values. */
  readonly weakOptions: readonly string[];
  /** Options that switch the check of the server's certificate off, by name. */
  readonly unverified: readonly string[];
  /** Asks for TLS by itself. */
  readonly hasTls: boolean;
}

const URI = /^mongodb(\+srv)?:\/\/(?:[^@/]*@)?([^/?]+)(?:\/[^?]*)?(?:\?(.*))?$/;

/** True for `mongodb://...` and `mongodb+srv://...`. */
export function isMongoUri(text: string): boolean {
  return URI.test(text);
}

/** One option of the query; names do not care about case. */
interface UriOption {
  /** As it is written. */
  readonly name: string;
  /** In small letters. */
  readonly key: string;
  readonly value: string;
}

const UNVERIFIED = ['tlsinsecure', 'tlsallowinvalidcertificates', 'tlsallowinvalidhostnames'];

/** Reads a connection string; one that is none has no address. Never throws. */
export function uriFacts(uri: string): UriFacts {
  const [, srv, address = '', query = ''] = URI.exec(uri) ?? [];
  const options = query.split('&').map((pair): UriOption => {
    const [name = '', value = ''] = pair.split('=', 2);
    return { name, key: name.toLowerCase(), value };
  });
  const isOn = ({ value }: UriOption) => value === 'true';
  const tls = options.find(({ key }) => key === 'tls' || key === 'ssl');
  return {
    address,
    weakOptions: options.filter(isWeak).map(({ name, key }) => (key === 'w' ? key : name)),
    unverified: options
      .filter((option) => UNVERIFIED.includes(option.key) && isOn(option))
      .map(({ name }) => name),
    // What a host record names speaks TLS unless told otherwise.
    hasTls: tls === undefined ? srv !== undefined : isOn(tls),
  };
}

function isWeak({ key, value }: UriOption): boolean {
  if (key === 'w') return value !== 'majority';
  return ['journal', 'j', 'retrywrites'].includes(key) && value !== 'true';
}
