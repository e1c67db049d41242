/** What a fault is aimed at, and how often it strikes. Counted down: 0 says that it did. */
export interface Aim {
  times: number;
  readonly label?: string | RegExp;
  readonly table?: string;
}

/** A place where a load stops until a test lets it go on. */
export interface Hold extends Aim {
  /** Called when a load has arrived. */
  readonly reached: () => void;
  readonly until: Promise<void>;
}

/** Which requests an envelope answers. */
export type EnvelopePlace = 'redirect' | 'backends' | 'state' | 'load' | 'two-phase';

/** What can be made to go wrong. A knob at null does nothing; several may be set at once. */
export interface Faults {
  /** The load is committed (pre-committed, if it has two phases), then the connection ends without a reply. */
  commitThenDrop: Aim | null;
  /** The same, but the reply is `Fail`. */
  failThoughCommitted: Aim | null;
  /** The same, but the reply's JSON ends in the middle. */
  truncatedReply: Aim | null;
  /** The reply is `Publish Timeout`; the load becomes visible when `until` resolves. */
  publishTimeout: (Aim & { readonly until: Promise<void> }) | null;
  /** A committed load, plain or of two phases, becomes visible when `until` resolves. */
  slowPublish: (Aim & { readonly until: Promise<void> }) | null;
  /** Fails at the end of the body with the text of error -235 (§8). */
  tooManyVersions: Aim | null;
  /** Fails before the body with the limit of running transactions (§8). */
  runningTransactions: Aim | null;
  /** Fails at the first bytes of the body, while the client may still be sending (§8). */
  memoryLimit: Aim | null;
  /** `host:port` in the place of every backend's, in redirects and in the list of backends. */
  wrongRedirectHost: (Aim & { readonly host: string }) | null;
  /** A body on the frontend resets the connection before the 307 could be sent (§1.1). */
  resetOnBodyAtFrontend: Aim | null;
  /** The body has been read, nothing is committed. */
  holdBeforeCommit: Hold | null;
  /** A load of two phases is pre-committed, its reply is not sent. */
  holdAfterPrecommit: Hold | null;
  /** The connection ends after so many bytes of the body; the load is aborted. */
  dropMidBody: (Aim & { readonly afterBytes: number }) | null;
  /** HTTP 200 with this in place of the reply; the request is otherwise ignored. */
  okEnvelope: (Aim & { readonly place: EnvelopePlace; readonly body: object }) | null;
  /** Filters the rows whose line contains the text; counted per load. */
  refuseRows: (Aim & { readonly containing: string; readonly reason: string }) | null;
  /** The last rows of a load are neither stored nor counted. */
  loseRows: (Aim & { readonly rows: number }) | null;
  /** A commit of two phases is done, then the connection ends without a reply. */
  commit2pcLost: Aim | null;
  /** A finished load's label is unknown, as after 2,000 others (§4). */
  forgetLabel: Aim | null;
}

export function noFaults(): Faults {
  return {
    commitThenDrop: null,
    failThoughCommitted: null,
    truncatedReply: null,
    publishTimeout: null,
    slowPublish: null,
    tooManyVersions: null,
    runningTransactions: null,
    memoryLimit: null,
    wrongRedirectHost: null,
    resetOnBodyAtFrontend: null,
    holdBeforeCommit: null,
    holdAfterPrecommit: null,
    dropMidBody: null,
    okEnvelope: null,
    refuseRows: null,
    loseRows: null,
    commit2pcLost: null,
    forgetLabel: null,
  };
}

/** What a request is about, as far as it is known. A knob with a filter does not strike where it is not. */
export interface Subject {
  readonly label?: string | undefined;
  readonly table?: string | undefined;
}

/** Whether the knob strikes here; that is counted. */
export function strike<A extends Aim>(knob: A | null, { label, table }: Subject): A | null {
  if (knob === null || knob.times <= 0) return null;
  if (knob.table !== undefined && knob.table !== table) return null;
  if (typeof knob.label === 'string' && knob.label !== label) return null;
  if (knob.label instanceof RegExp && !knob.label.test(label ?? '')) return null;
  knob.times -= 1;
  return knob;
}

/** As `strike`, for the requests of one place. */
export function strikeEnvelope(
  { okEnvelope }: Faults,
  place: EnvelopePlace,
  subject: Subject,
): object | null {
  if (okEnvelope?.place !== place) return null;
  return strike(okEnvelope, subject)?.body ?? null;
}
