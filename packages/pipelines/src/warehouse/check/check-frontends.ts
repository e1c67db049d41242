import { DroverError, type Finding, noLog } from '@drover/core';
import { type DorisAddress, Nodes, openStatements, placeOf } from '@drover/doris';

/** A frontend that is there answers within this. */
const ANSWER_MS = 10_000;

/** By which protocols some frontend answers and lets the user in. */
export interface Reached {
  readonly http: boolean;
  readonly statements: boolean;
}

type Way = keyof Reached;

interface Knock {
  readonly fe: string;
  readonly way: Way;
  /** null where it answered. */
  readonly error: DroverError | null;
}

/** Asks every frontend of the file by both protocols. */
export async function* checkFrontends(address: DorisAddress): AsyncGenerator<Finding, Reached> {
  const knocks = await Promise.all(
    address.fe.flatMap((fe) => [knock(address, fe, 'http'), knock(address, fe, 'statements')]),
  );
  const answers = (way: Way) => knocks.some((one) => one.way === way && one.error === null);
  const reached = { http: answers('http'), statements: answers('statements') };
  // A login that is refused is refused by all, on both ways.
  const refused = knocks.find(({ error }) => error?.code === 'AUTHENTICATION_FAILED');
  if (refused !== undefined) yield finding(address, refused, reached);
  for (const one of knocks) {
    if (one.error !== null && one.error.code !== 'AUTHENTICATION_FAILED') {
      yield finding(address, one, reached);
    }
  }
  return reached;
}

async function knock(address: DorisAddress, fe: string, way: Way): Promise<Knock> {
  const alone = { ...address, fe: [fe] };
  const signal = AbortSignal.timeout(ANSWER_MS);
  const statements = openStatements(alone, { max: 1, timeoutSeconds: ANSWER_MS / 1000 });
  try {
    if (way === 'statements') await statements.query('SELECT 1', signal);
    else await new Nodes({ address: alone, log: noLog, answerMs: ANSWER_MS }).listed(signal);
    return { fe, way, error: null };
  } catch (error) {
    if (error instanceof DroverError) return { fe, way, error };
    if (!signal.aborted) throw error;
    const message = `target ${placeOf(fe)}: no answer within ${ANSWER_MS / 1000} s.`;
    return { fe, way, error: new DroverError('CONNECTION_LOST', { message, cause: error }) };
  } finally {
    await statements.close();
  }
}

function finding(address: DorisAddress, { fe, way, error }: Knock, reached: Reached): Finding {
  const { code = 'UNKNOWN', message = '', hint = '' } = error ?? {};
  const isLogin = code === 'AUTHENTICATION_FAILED';
  const isAway = code === 'CONNECTION_LOST';
  const port = way === 'http' ? 'target.fe' : `target.queryPort, now ${address.queryPort}`;
  const fix = isLogin
    ? 'Correct target.user and target.password.'
    : isAway
      ? `Start it, open the way to it, or correct ${port}.`
      : hint;
  return {
    level: reached[way] ? 'warning' : 'error',
    rule: code.toLowerCase().replaceAll('_', '-'),
    subject: `target frontend ${placeOf(fe)} (${way === 'http' ? 'HTTP' : 'MySQL protocol'})`,
    reason: `${message}${reached[way] ? ' Another frontend answers.' : ''}`,
    fix,
  };
}
