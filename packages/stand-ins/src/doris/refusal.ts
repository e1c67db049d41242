/**
 * What Doris itself says no to: it becomes a reply of status `Fail` with the message `[CODE]detail` (§3), and
 * that is all a client learns.
 */
export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, detail: string) {
    super(detail);
    this.code = code;
  }

  /** As a frontend's errors arrive by way of a backend (§3). */
  static ofFrontend(detail: string): Refusal {
    return new Refusal('ANALYSIS_ERROR', `TStatus: errCode = 2, detailMessage = ${detail}`);
  }
}

/**
 * A limit of the stand-in, not of Doris: the description does not say what Doris does here. It is answered
 * with HTTP 501, which a Doris never sends.
 */
export class NotDescribed extends Error {
  constructor(what: string) {
    super(`The stand-in for Doris does not know this: ${what}. Its description does not say it.`);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
