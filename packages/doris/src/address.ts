/** Where a Doris is, and who logs in. Sides of the wire that need secrets get them from here alone. */
export interface DorisAddress {
  /** HTTP addresses of frontends, without user, password or path. */
  readonly fe: readonly string[];
  /** HTTP addresses of backends, instead of those that the frontends name. */
  readonly be: readonly string[];
  /** `auto`: straight to backends where they can be reached from here, else through a frontend. */
  readonly via: 'auto' | 'be' | 'fe';
  readonly queryPort: number;
  readonly user: string;
  readonly password: string;
  readonly tls: boolean;
}

/** Host and port of a node, fit for logs and for people. */
export function placeOf(url: string): string {
  return new URL(url).host;
}

/** The frontends' host names. */
export function hostsOf(address: Pick<DorisAddress, 'fe'>): readonly string[] {
  return address.fe.map((url) => new URL(url).hostname.replace(/^\[|\]$/g, ''));
}
