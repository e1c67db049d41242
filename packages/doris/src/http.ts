import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { DroverError } from '@drover/core';
import { type DorisAddress, placeOf } from './address.ts';
import { classifyError } from './classify.ts';

/** An answer that is longer is none that Doris gives. */
const LONGEST_ANSWER_BYTES = 4 * 1024 * 1024;

export interface HttpCall {
  readonly method: 'GET' | 'PUT';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Without an answer for so long the call fails; an upload, without having been asked for its body. */
  readonly answerMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

/** null: the call carries no login, as it goes to a host that is none of Doris'. */
type Login = Pick<DorisAddress, 'user' | 'password'> | null;

/** UTF-8 as the bytes of a header, which Node takes as latin1. */
export function headerValue(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function authorization(login: Login): Readonly<Record<string, string>> {
  if (login === null) return {};
  const pair = Buffer.from(`${login.user}:${login.password}`, 'utf8').toString('base64');
  return { Authorization: `Basic ${pair}` };
}

/** A call without a body; redirects are told, not followed: they carry the password. */
export async function call(login: Login, wanted: HttpCall): Promise<HttpAnswer> {
  return send(login, wanted, { 'Content-Length': '0' });
}

/** A call whose body is asked for when the server is ready for it; an early answer ends it unasked. */
export interface Upload extends HttpCall {
  readonly body: () => AsyncIterable<Uint8Array>;
  /** Called when the server was reached: before, it knows nothing of the call. */
  readonly onConnect: () => void;
}

/** Writes the body as it comes, and not ahead of the server. A body that fails breaks the connection. */
export async function upload(login: Login, wanted: Upload): Promise<HttpAnswer> {
  return send(login, wanted, { 'Transfer-Encoding': 'chunked' }, wanted);
}

async function send(
  login: Login,
  wanted: HttpCall,
  framing: Readonly<Record<string, string>>,
  uploaded?: Pick<Upload, 'body' | 'onConnect'>,
): Promise<HttpAnswer> {
  const where = `target ${placeOf(wanted.url)}`;
  wanted.signal.throwIfAborted();
  const secure = wanted.url.startsWith('https:');
  const options: RequestOptions = {
    method: wanted.method,
    // One connection a call: a server that ended an idle one would cost a load its answer.
    agent: false,
    signal: wanted.signal,
    headers: { ...authorization(login), ...framing, ...wanted.headers },
  };
  try {
    return await new Promise<HttpAnswer>((resolve, reject) => {
      const request = (secure ? tlsRequest : plainRequest)(wanted.url, options);
      let answered = false;
      // Its own clock: those of sockets do not run while the connection is made.
      const late = setTimeout(() => {
        reject(noAnswer(where, wanted.answerMs));
        request.destroy();
      }, wanted.answerMs);
      const inTime = () => clearTimeout(late);
      request.on('error', (error) => {
        inTime();
        if (!answered) reject(error);
      });
      request.on('response', (response) => {
        answered = true;
        readAnswer(response).then(resolve, reject).finally(inTime);
      });
      if (uploaded === undefined) {
        request.end();
        return;
      }
      request.on('socket', (socket) =>
        socket.once(secure ? 'secureConnect' : 'connect', uploaded.onConnect),
      );
      request.on('continue', () => {
        inTime();
        writeBody(request, uploaded.body).catch((error: unknown) => {
          // Never ended properly: a terminated body would be committed.
          request.destroy();
          if (!answered) reject(error);
        });
      });
      request.flushHeaders();
    });
  } catch (error) {
    throw wanted.signal.aborted ? wanted.signal.reason : classifyError(error, where);
  }
}

/** Written at once. A source brings some 10 kB at a time, and each write is a call of the system on both sides. */
const GATHERED_BYTES = 256 * 1024;

/** Where the source is slow, what has come of it goes out after so long. */
const LONGEST_GATHERING_MS = 100;

async function writeBody(
  request: ReturnType<typeof plainRequest>,
  body: () => AsyncIterable<Uint8Array>,
): Promise<void> {
  let gatheredBytes = 0;
  const flush = () => {
    gatheredBytes = 0;
    // Newer versions of Node gather in the request, not in its socket, and would write piece by piece here.
    request.socket?.cork();
    request.uncork();
    request.socket?.uncork();
  };
  let late: NodeJS.Timeout | undefined;
  try {
    for await (const piece of body()) {
      if (gatheredBytes === 0 && request.writableNeedDrain) await drained(request);
      if (request.destroyed) return;
      if (gatheredBytes === 0) {
        request.cork();
        late = setTimeout(flush, LONGEST_GATHERING_MS);
      }
      request.write(piece);
      gatheredBytes += piece.length;
      if (gatheredBytes < GATHERED_BYTES) continue;
      clearTimeout(late);
      flush();
    }
  } finally {
    clearTimeout(late);
    if (gatheredBytes > 0) flush();
  }
  request.end();
}

function drained(request: ReturnType<typeof plainRequest>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      request.off('drain', done);
      request.off('close', done);
      resolve();
    };
    request.on('drain', done);
    request.on('close', done);
  });
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > LONGEST_ANSWER_BYTES) {
      response.destroy();
      throw new DroverError('UNSUPPORTED', { message: 'The answer is longer than any of Doris.' });
    }
    pieces.push(piece);
  }
  return {
    status: response.statusCode ?? 0,
    location: response.headers.location,
    text: Buffer.concat(pieces).toString('utf8'),
  };
}

function noAnswer(where: string, answerMs: number): DroverError {
  return new DroverError('CONNECTION_LOST', {
    message: `${where}: no answer within ${answerMs / 1000} s.`,
  });
}
