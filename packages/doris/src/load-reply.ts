import { z } from 'zod';

/**
 * What Doris answers to a load, always with HTTP status 200. Everything else, such as the envelopes with
 * which frontends refuse, is no reply to a load.
 */
const replySchema = z.object({
  TxnId: z.number(),
  Label: z.string(),
  TwoPhaseCommit: z.string().default('false'),
  Status: z.string(),
  ExistingJobStatus: z.string().optional(),
  Message: z.string(),
  NumberTotalRows: z.number().default(0),
  NumberLoadedRows: z.number().default(0),
  NumberFilteredRows: z.number().default(0),
  NumberUnselectedRows: z.number().default(0),
  LoadBytes: z.number().default(0),
  LoadTimeMs: z.number().default(0),
  ErrorURL: z.string().optional(),
});

/** The frontends' two envelopes: of errors, and of what they call a result. */
const envelopeSchema = z
  .object({
    msg: z.string(),
    code: z.number().optional(),
    status: z.string().optional(),
    data: z.unknown(),
  })
  .partial({ data: true });

export type LoadOutcome =
  /** Committed, or with two-phase commit ready to be. */
  | { readonly kind: 'loaded'; readonly reply: LoadReply }
  /** The label has a transaction already that was not aborted. */
  | { readonly kind: 'taken'; readonly message: string }
  /** Rows were refused; which and why is at the address, for some days. */
  | { readonly kind: 'rows refused'; readonly message: string; readonly errorUrl: string }
  /** Said to have failed; whether it did, only the label's state tells. */
  | { readonly kind: 'failed'; readonly message: string };

export interface LoadReply {
  readonly txnId: number;
  readonly twoPhase: boolean;
  readonly loadedRows: number;
  readonly filteredRows: number;
  readonly bytes: number;
  readonly elapsedMs: number;
}

/** null for a text that is no reply at all, as when the connection was cut. */
export function readLoadReply(text: string): LoadOutcome | null {
  const json = parseJson(text);
  const parsed = replySchema.safeParse(json);
  if (!parsed.success) {
    const envelope = envelopeSchema.safeParse(json);
    if (!envelope.success) return null;
    const { msg, data } = envelope.data;
    return { kind: 'failed', message: typeof data === 'string' ? `${msg}: ${data}` : msg };
  }
  const reply = parsed.data;
  if (reply.Status === 'Success' || reply.Status === 'Publish Timeout') {
    return {
      kind: 'loaded',
      reply: {
        txnId: reply.TxnId,
        twoPhase: reply.TwoPhaseCommit === 'true',
        loadedRows: reply.NumberLoadedRows,
        filteredRows: reply.NumberFilteredRows,
        bytes: reply.LoadBytes,
        elapsedMs: reply.LoadTimeMs,
      },
    };
  }
  if (reply.Status === 'Label Already Exists') return { kind: 'taken', message: reply.Message };
  const refused = /DATA_QUALITY_ERROR|too many filtered rows|unqualified data/i;
  return reply.ErrorURL !== undefined && refused.test(reply.Message)
    ? { kind: 'rows refused', message: reply.Message, errorUrl: reply.ErrorURL }
    : { kind: 'failed', message: reply.Message };
}

/** What a frontend answers to a question. Throws its message where it refused. */
export function readEnvelope(
  text: string,
): { ok: true; data: unknown } | { ok: false; message: string } {
  const envelope = envelopeSchema.safeParse(parseJson(text));
  if (!envelope.success) return { ok: false, message: 'the answer cannot be read' };
  const { msg, code, data } = envelope.data;
  if (code === 0) return { ok: true, data };
  return { ok: false, message: typeof data === 'string' ? `${msg}: ${data}` : msg };
}

/** What a backend answers to a commit or an abort. */
export function readFinish(text: string): { ok: boolean; message: string } | null {
  const envelope = envelopeSchema.safeParse(parseJson(text));
  if (!envelope.success) return null;
  const { msg, status } = envelope.data;
  return { ok: status === 'Success', message: msg };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
