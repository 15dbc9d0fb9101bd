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

/** Option names of a connection string do not care about case. */
const UNVERIFIED = ['tlsinsecure', 'tlsallowinvalidcertificates', 'tlsallowinvalidhostnames'];

const URI = /^mongodb(\+srv)?:\/\/(?:[^@/]*@)?([^/?]+)(?:\/[^?]*)?(?:\?(.*))?$/;

/** True for `mongodb://...` and `mongodb+srv://...`. */
export function isMongoUri(text: string): boolean {
  return URI.test(text);
}

/** Reads a connection string; one that is none has no address. Never throws. */
export function uriFacts(uri: string): UriFacts {
  const [, srv, address = '', query = ''] = URI.exec(uri) ?? [];
  const pairs = query.split('&').map((pair) => pair.split('=', 2));
  const isOn = (names: readonly string[]) =>
    pairs.flatMap(([name = '', value]) =>
      names.includes(name.toLowerCase()) && value === 'true' ? [name] : [],
    );
  const isOff = pairs.some(([name = '', value]) => isTlsOption(name) && value === 'false');
  return {
    address,
    weakOptions: weakOptions(query),
    unverified: isOn(UNVERIFIED),
    hasTls: isOn(['tls', 'ssl']).length > 0 || (srv !== undefined && !isOff),
  };
}

function isTlsOption(name: string): boolean {
  return ['tls', 'ssl'].includes(name.toLowerCase());
}

function weakOptions(query: string): string[] {
  const weak: string[] = [];
  for (const pair of query.split('&')) {
    const [name = '', value = ''] = pair.split('=', 2);
    // Option names of a connection string do not care about case.
    const option = name.toLowerCase();
    if (option === 'w' && value !== 'majority') weak.push('w');
    if (['journal', 'j', 'retrywrites'].includes(option) && value !== 'true') weak.push(name);
  }
  return weak;
}
