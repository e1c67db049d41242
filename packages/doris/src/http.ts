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
  /** Without an answer for so long the call fails; null waits as long as the signal lets it. */
  readonly answerMs: number | null;
}

export interface HttpAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

type Login = Pick<DorisAddress, 'user' | 'password'>;

/** UTF-8 as the bytes of a header, which Node takes as latin1. */
export function headerValue(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function authorization({ user, password }: Login): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

/** A call without a body; redirects are told, not followed: they carry the password. */
export async function call(login: Login, wanted: HttpCall): Promise<HttpAnswer> {
  return send(login, wanted, { 'Content-Length': '0' });
}

/** A call whose body is asked for when the server is ready for it; an early answer ends it unasked. */
export interface Upload extends HttpCall {
  readonly body: () => AsyncIterable<Uint8Array>;
}

/** Writes the body as it comes, and not ahead of the server. A body that fails breaks the connection. */
export async function upload(login: Login, wanted: Upload): Promise<HttpAnswer> {
  return send(login, wanted, { 'Transfer-Encoding': 'chunked' }, wanted.body);
}

async function send(
  login: Login,
  wanted: HttpCall,
  framing: Readonly<Record<string, string>>,
  body?: () => AsyncIterable<Uint8Array>,
): Promise<HttpAnswer> {
  const where = `target ${placeOf(wanted.url)}`;
  wanted.signal.throwIfAborted();
  const secure = wanted.url.startsWith('https:');
  const options: RequestOptions = {
    method: wanted.method,
    // One connection a call: a server that ended an idle one would cost a load its answer.
    agent: false,
    signal: wanted.signal,
    headers: { Authorization: authorization(login), ...framing, ...wanted.headers },
  };
  try {
    return await new Promise<HttpAnswer>((resolve, reject) => {
      const request = (secure ? tlsRequest : plainRequest)(wanted.url, options);
      let answered = false;
      request.on('error', (error) => {
        if (!answered) reject(error);
      });
      request.on('response', (response) => {
        answered = true;
        readAnswer(response).then(resolve, reject);
      });
      if (wanted.answerMs !== null) {
        request.setTimeout(wanted.answerMs, () =>
          request.destroy(noAnswer(where, wanted.answerMs)),
        );
      }
      if (body === undefined) {
        request.end();
        return;
      }
      request.on('continue', () => {
        writeBody(request, body).catch((error: unknown) => {
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

async function writeBody(
  request: ReturnType<typeof plainRequest>,
  body: () => AsyncIterable<Uint8Array>,
): Promise<void> {
  for await (const piece of body()) {
    if (request.destroyed) return;
    if (!request.write(piece)) await drained(request);
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

function noAnswer(where: string, answerMs: number | null): DroverError {
  return new DroverError('CONNECTION_LOST', {
    message: `${where}: no answer within ${(answerMs ?? 0) / 1000} s.`,
  });
}
