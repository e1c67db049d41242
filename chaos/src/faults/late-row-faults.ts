import type { SqlExecutor } from '@drover/core';
import { insertNarrowRows, type NarrowRow, narrowRow } from '@drover/testkit';
import { attemptsInHand, counted, type Fault, NOBODY_THERE, type Scene } from '../fault.ts';
import type { Progress } from '../ledger-view.ts';
import { CHANNELS, drawValue, moment } from '../source-rows.ts';

/**
 * The source changes while chunks are moved. What changes before the verification begins, the run must
 * have in the end: by moving it later, or by finding it stale and moving it again. What changes afterwards
 * no run can have; so this is done in the first round's data phase only, and while it is done, a lock on a
 * chunk that is still to be moved keeps that phase from ending.
 */
const changeSource: Fault = {
  name: 'late rows and updates in the source',
  suits: ({ phase, round, left, attempts }) =>
    phase === 'data' && round === 1 && left > attempts.length,
  async inject(scene) {
    const inHand = await attemptsInHand(scene);
    const { ground, progress } = scene;
    const run = await progress();
    const change = drawChange(scene);
    const changed = await ground.target.transaction(async (ledger) =>
      (await holdOpen(ledger, run)) ? ground.source.transaction((sql) => apply(sql, change)) : null,
    );
    if (changed === null) return NOBODY_THERE;
    const note = `${counted(change.rows.length, 'row')} inserted, ${changed} updated`;
    return { happened: changed > 0, hit: inHand.length > 0, note };
  },
};

export const LATE_ROW_FAULTS = [changeSource];

interface Change {
  readonly rows: readonly NarrowRow[];
  readonly update: {
    readonly ship: string;
    readonly channel: string;
    readonly from: string;
    readonly to: string;
    readonly value: string;
  };
}

const INSERTED = 20;

function drawChange({ random, ground }: Scene): Change {
  const { ships, hours } = ground.shape;
  const ship = random.pick(ships);
  // Between the moments of the series, so that no key is there twice.
  const time = () => moment(random.between(0, hours * 60 - 1) * 60 + random.between(1, 29));
  const integer = random.pick(CHANNELS.filter(({ format }) => format === 'Integer')).name;
  const from = random.between(0, hours - 2) * 3600;
  const late = Array.from({ length: INSERTED }, () => {
    const { name, format } = random.pick(CHANNELS);
    return narrowRow({ ship, channel: name, time: time() }, format, drawValue(format, random));
  });
  // Nobody has planned for this one: it needs a column of its own.
  const unseen = { ship, channel: `/late/${random.between(1, 5)}`, time: time() };
  return {
    rows: [...late, narrowRow(unseen, 'Decimal', '2.5')],
    update: {
      ship,
      channel: integer,
      from: moment(from),
      to: moment(from + 2 * 3600),
      value: String(random.between(1, 1e9)),
    },
  };
}

/** @returns false where no chunk is left to hold on to. */
async function holdOpen(ledger: SqlExecutor, run: Progress): Promise<boolean> {
  const held = await ledger.query(
    `select c.id from drover.chunk c join drover.run r on r.id = c.run_id and r.phase = c.phase
     where r.id = $1 and r.phase = 'data' and r.round = 1 and c.state in ('planned', 'queued')
     order by c.ordinal desc limit 1 for update of c skip locked`,
    [run.runId],
  );
  return held.length > 0;
}

/** @returns how many rows were updated: values only, no row becomes bad. */
async function apply(sql: SqlExecutor, { rows, update }: Change): Promise<number> {
  await insertNarrowRows(sql, rows);
  const updated = await sql.query(
    `update tenant.tbl_data_timeseries set long_v = $5::int8
     where ship_id = $1 and data_channel_id = $2 and created_time >= $3::timestamp
       and created_time < $4::timestamp and long_v is not null returning id`,
    [update.ship, update.channel, update.from, update.to, update.value],
  );
  return updated.length;
}
