import { type NarrowRow, narrowRow } from './narrow-table.ts';
import { plainPivot, type WideTables } from './wide-tables.ts';

/** Ships with a value for each channel every 15 minutes, over some hours. */
export function hourlyRows(of: { ships: number; channels: number; hours: number }): NarrowRow[] {
  const rows: NarrowRow[] = [];
  for (let quarter = 0; quarter < of.hours * 4; quarter += 1) {
    const at = new Date(Date.UTC(2026, 0, 1, 0, quarter * 15));
    const time = at.toISOString().slice(0, 19).replace('T', ' ');
    for (let ship = 1; ship <= of.ships; ship += 1) {
      for (let channel = 1; channel <= of.channels; channel += 1) {
        const place = { ship: `S${ship}`, channel: `/c${channel}`, time };
        rows.push(narrowRow(place, 'Integer', String(quarter * 1000 + ship * 100 + channel)));
      }
    }
  }
  return rows;
}

/** What a migration of such rows without groups must leave in the target. */
export const expectedWide = (rows: readonly NarrowRow[]): WideTables =>
  plainPivot(rows, (ship) => `tbl_data_timeseries_${ship}`);
