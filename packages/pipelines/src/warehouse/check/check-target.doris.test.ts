import { describe, expect, inject, test } from 'vitest';
import { levelsOf, telling } from '../../check/testing/findings.ts';
import { type CheckFixture, checkFixture, worse } from './testing/check-fixture.ts';

const ORDERS = [
  'create table shop.orders (id bigint primary key, note varchar(10))',
  `insert into shop.orders values (1, 'one')`,
];

/** A real server has no knobs. */
const onStandIn = describe.skipIf(inject('dorisUrl') !== null);

const knobs = ({ doris }: CheckFixture) => {
  if (doris.standIn === null) throw new Error('a real Doris has no knobs');
  return doris.standIn;
};

describe('the frontends', () => {
  test('that refuse the login are one error', async () => {
    await using fixture = await checkFixture(ORDERS);
    const findings = await fixture.check({ target: { password: 'wrong' } });
    expect(worse(findings)).toMatchObject([
      {
        level: 'error',
        rule: 'authentication-failed',
        fix: 'Correct target.user and target.password.',
      },
    ]);
    expect(findings.map(({ rule }) => rule)).toContain('volume');
  });

  test('are asked each; one that is away is a warning while another answers', async () => {
    await using fixture = await checkFixture(ORDERS);
    const findings = await fixture.check({
      target: { fe: ['http://localhost:1', fixture.doris.fe] },
    });
    // Only the HTTP port is its own; on the other one answers the same server.
    expect(worse(findings)).toMatchObject([
      {
        level: 'warning',
        rule: 'connection-lost',
        subject: 'target frontend localhost:1 (HTTP)',
        reason: expect.stringMatching(/ Another frontend answers\.$/) as string,
      },
    ]);
  });

  test('that answer by one protocol only are an error for the other', async () => {
    await using fixture = await checkFixture(ORDERS);
    const findings = await fixture.check({ target: { queryPort: 1 } });
    expect(worse(findings)).toMatchObject([
      {
        level: 'error',
        rule: 'connection-lost',
        subject: expect.stringContaining('(MySQL protocol)') as string,
        fix: 'Start it, open the way to it, or correct target.queryPort, now 1.',
      },
    ]);
  });
});

onStandIn('the backends', () => {
  const WAY = 'load-way';

  test('that do not answer from here are a warning while others do', async () => {
    await using fixture = await checkFixture(ORDERS, { backends: 2 });
    await knobs(fixture).stopBackend(0, { listed: true });
    const findings = await fixture.check();
    const place = new URL(knobs(fixture).beUrls[0] ?? '').host;
    expect(worse(findings)).toMatchObject([
      {
        level: 'warning',
        rule: 'backend-unreachable',
        subject: `target backend ${place}`,
        reason: 'no answer from here: loads go to the others',
      },
    ]);
    expect(levelsOf(findings, WAY)).toEqual(['info target']);
  });

  test('that are dead are a warning, and an error where none is alive', async () => {
    await using fixture = await checkFixture(ORDERS, { backends: 2 });
    await knobs(fixture).stopBackend(0, { listed: false });
    expect(telling(await fixture.check())).toEqual(['backend-dead']);
    await knobs(fixture).stopBackend(1, { listed: false });
    const findings = await fixture.check();
    expect(levelsOf(findings, 'replicas')).toEqual(['error target']);
  });

  test('must be as many as the copies that the file wants', async () => {
    await using fixture = await checkFixture(ORDERS, { backends: 2 });
    expect(telling(await fixture.check({ target: { replicas: 2 } }))).toEqual([]);
    const findings = await fixture.check({ target: { replicas: 3 } });
    expect(worse(findings)).toMatchObject([
      {
        level: 'error',
        rule: 'replicas',
        fix: 'Set target.replicas to 2, or start more backends.',
      },
    ]);
  });

  test('that do not answer are an error where loads may go nowhere else', async () => {
    await using fixture = await checkFixture(ORDERS);
    const target = { via: 'be', be: ['http://127.0.0.1:1'] };
    expect(worse(await fixture.check({ target }))).toMatchObject([
      {
        level: 'error',
        rule: 'backend-unreachable',
        subject: 'target backend 127.0.0.1:1',
        reason: 'no answer from here: loads have nowhere to go, as target.via is be',
        fix: 'Open the way from each worker to the port, or correct target.be.',
      },
    ]);
  });

  test('are reached by the redirect of a frontend, or the check says that they are not', async () => {
    await using fixture = await checkFixture(ORDERS);
    const viaFrontend = { target: { via: 'fe' } };
    const fine = await fixture.check(viaFrontend);
    expect(worse(fine)).toEqual([]);
    expect(levelsOf(fine, WAY)).toEqual(['info target']);
    knobs(fixture).faults.wrongRedirectHost = { times: 9, host: '127.0.0.1:1' };
    const findings = await fixture.check(viaFrontend);
    expect(worse(findings)).toMatchObject([
      {
        level: 'error',
        rule: WAY,
        reason: 'a frontend sends loads to 127.0.0.1:1, which does not answer from here',
      },
    ]);
  });

  test('are not told of a load by the question for the way', async () => {
    await using fixture = await checkFixture(ORDERS);
    await fixture.check({ target: { via: 'fe' } });
    const puts = knobs(fixture).requests.filter(({ method }) => method === 'PUT');
    expect(puts.map(({ server, bodyBytes }) => [server, bodyBytes])).toEqual([['frontend', 0]]);
  });
});

onStandIn('the rights of the user', () => {
  const granted = (database: string, rights: string) => ({
    grants: {
      database: `internal.information_schema: Select_priv; internal.${database}: ${rights}`,
    },
  });

  test('that are missing are an error for each database, with the statement', async () => {
    await using fixture = await checkFixture(
      [...ORDERS, 'create table shop.whole (n int)'],
      granted('drover_target', 'Select_priv,Load_priv'),
    );
    const target = { database: 'drover_target' };
    expect(worse(await fixture.check({ target }))).toEqual([
      {
        level: 'error',
        rule: 'right-missing',
        subject: 'target database drover_target',
        reason: `user 'root'@'%' lacks CREATE_PRIV, ALTER_PRIV, DROP_PRIV for orders, whole`,
        fix: `GRANT CREATE_PRIV, ALTER_PRIV, DROP_PRIV ON \`drover_target\`.* TO 'root'@'%';`,
      },
    ]);
    const other = await fixture.check({ target: { database: 'another' } });
    expect(levelsOf(other, 'right-missing')).toEqual(['error target database another']);
  });

  test('need not include those for tables without a key where there are none', async () => {
    await using fixture = await checkFixture(
      ORDERS,
      granted('drover_target', 'Select_priv,Load_priv,Create_priv'),
    );
    const file = { target: { database: 'drover_target' } };
    expect(telling(await fixture.check(file))).toEqual([]);
    const dropping = await fixture.check(file, { options: { dropTables: true } });
    expect(worse(dropping).map(({ fix }) => fix)).toEqual([
      `GRANT DROP_PRIV ON \`drover_target\`.* TO 'root'@'%';`,
    ]);
  });
});

describe('tables that are there already', () => {
  const make = async (fixture: CheckFixture, note: string) => {
    await fixture.target.query(`CREATE DATABASE \`${fixture.database}\``);
    await fixture.target.query(
      `CREATE TABLE \`${fixture.database}\`.\`orders\` (\`id\` BIGINT NOT NULL, \`note\` ${note} NULL)
       UNIQUE KEY(\`id\`) DISTRIBUTED BY HASH(\`id\`) BUCKETS 1
       PROPERTIES ("replication_num" = "1", "enable_unique_key_merge_on_write" = "true")`,
    );
  };

  test('are compared with what is sent, column by column', async () => {
    await using fixture = await checkFixture(ORDERS);
    await make(fixture, 'VARCHAR(4)');
    const findings = await fixture.check();
    expect(worse(findings)).toMatchObject([
      {
        level: 'error',
        rule: 'column-type',
        subject: `target ${fixture.database}.orders.note`,
        fix: `ALTER TABLE \`${fixture.database}\`.\`orders\` MODIFY COLUMN \`note\` VARCHAR(40) NULL;`,
      },
    ]);
    expect(levelsOf(findings, 'target-tables')).toEqual(['info target']);
    const dropping = await fixture.check({}, { options: { dropTables: true } });
    expect(telling(dropping)).toEqual([]);
  });

  test('with rows are told, with what becomes of them', async () => {
    await using fixture = await checkFixture([...ORDERS]);
    await make(fixture, 'VARCHAR(40)');
    await fixture.target.query(
      `INSERT INTO \`${fixture.database}\`.\`orders\` VALUES (7, 'seven')`,
    );
    const fate = async (dropTables: boolean) =>
      (await fixture.check({}, { options: { dropTables } })).find(
        ({ rule }) => rule === 'target-not-empty',
      );
    expect(await fate(false)).toMatchObject({
      level: 'info',
      reason: `there are rows in ${fixture.database}.orders: rows are replaced by their key, and what the source does not have is deleted. --drop-tables makes the tables anew`,
    });
    expect((await fate(true))?.reason).toMatch(/: these tables are dropped and made anew$/);
  });
});
