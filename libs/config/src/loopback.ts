const NAMES = ['localhost', '::1', '[::1]'];

/**
 * True for an address that only this machine reaches.
 *
 * @param host - name or address, with or without a port; example `127.0.0.1:9092`, `[::1]:27017`.
 */
export function isLoopback(host: string): boolean {
  // Of `::1` the last colon begins no port.
  const name = /^[^:]*:\d+$|^\[.*\]:\d+$/.test(host) ? host.replace(/:\d+$/, '') : host;
  return NAMES.includes(name.toLowerCase()) || /^127(\.\d{1,3}){3}$/.test(name);
}
