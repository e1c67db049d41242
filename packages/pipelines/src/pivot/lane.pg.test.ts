import { describe, expect, inject, test } from 'vitest';
import { openLanePool } from './lane.ts';

const url = inject('postgresUrl');

describe('the sessions of an attempt', () => {
  // Mutation: without `#bePatient` in lane.ts a server whose bytes nobody reads for 30 s, for instance because
  // work is held, ends the session.
  test('are not given up by servers whose bytes wait to be read', async () => {
    const lanes = openLanePool({ source: url, target: url });
    const attempt = { applicationName: 'drover test', signal: new AbortController().signal };
    const timeouts = await lanes.use(attempt, ({ source, target }) =>
      Promise.all([source, target].map((session) => session.query('show tcp_user_timeout'))),
    );
    expect(timeouts).toEqual([[{ tcp_user_timeout: '0' }], [{ tcp_user_timeout: '0' }]]);
    await lanes.close();
  });
});
