import type {
  Difference,
  DifferenceKind,
  JsonObject,
  MovedRecord,
  Verdict,
  VerifyContext,
} from '@drover/core';
import type { Session } from '@drover/postgres';
import type { CellDifference, DrillPlace } from './drill.ts';
import { fullTransactionId, visibleIn } from './stale.ts';

/** Decides what a difference means, by what the ledger has on record of the move. */
export class Judge {
  readonly #maxDifferences: number;
  readonly #nowSnapshot: string;
  readonly #movedSnapshots: readonly string[];
  /** Cells, rows and whole timestamps that are rejects. */
  readonly #rejected: ReadonlySet<string>;
  readonly #differences: Difference[] = [];
  #announced = 0;
  #wrong = 0;
  #stale = 0;
  #explained = 0;

  private constructor(max: number, nowSnapshot: string, moved: MovedRecord) {
    this.#maxDifferences = max;
    this.#nowSnapshot = nowSnapshot;
    this.#movedSnapshots = moved.receipts.flatMap(({ sourceSnapshot }) =>
      typeof sourceSnapshot === 'string' ? [sourceSnapshot] : [],
    );
    this.#rejected = new Set(moved.rejects.map(({ key }) => cellKey(key)));
  }

  static async create(source: Session, context: VerifyContext): Promise<Judge> {
    const [row] = await source.query('select txid_current_snapshot()::text as snapshot');
    return new Judge(context.maxDifferences, row?.['snapshot'] ?? '', await context.moved());
  }

  /** @returns whether the difference is to be shown with its values. */
  judgeCell(place: DrillPlace, difference: CellDifference): boolean {
    const key = { ship: place.ship, time: difference.time };
    const both = difference.source !== null && difference.target !== null;
    const onRecord =
      this.#rejected.has(cellKey({ ...key, channel: place.channel })) ||
      this.#rejected.has(cellKey({ ...key, table: place.wide.name })) ||
      this.#rejected.has(cellKey(key));
    if (onRecord && !both) {
      this.#explained += 1;
      return false;
    }
    if (this.#isStale(difference)) this.#stale += 1;
    else this.#wrong += 1;
    return this.#announce();
  }

  show(
    place: DrillPlace,
    difference: CellDifference,
    values: { source: string | null; target: string | null },
  ): void {
    this.#differences.push({
      key: {
        ship: place.ship,
        time: difference.time,
        channel: place.channel,
        table: place.wide.name,
      },
      kind: kindOf(difference),
      stale: this.#isStale(difference),
      ...values,
    });
  }

  /** A wide row without values that one side lacks. */
  addRow(key: { ship: string; time: string; table: string }, kind: DifferenceKind): void {
    if (this.#rejected.has(cellKey(key))) {
      this.#explained += 1;
      return;
    }
    this.#wrong += 1;
    if (!this.#announce()) return;
    const row = 'a row without values';
    this.#differences.push({
      key,
      kind,
      stale: false,
      source: kind === 'missing' ? row : null,
      target: kind === 'extra' ? row : null,
    });
  }

  verdict(): Omit<Verdict, 'compared'> {
    return {
      wrong: this.#wrong,
      stale: this.#stale,
      explained: this.#explained,
      differences: this.#differences,
    };
  }

  #announce(): boolean {
    if (this.#announced >= this.#maxDifferences) return false;
    this.#announced += 1;
    return true;
  }

  /** The source's row was written after the move had taken its snapshot. */
  #isStale({ source }: CellDifference): boolean {
    if (source === null || source.xmin === '') return false;
    const transaction = fullTransactionId(source.xmin, this.#nowSnapshot);
    return this.#movedSnapshots.some((snapshot) => !visibleIn(snapshot, transaction));
  }
}

function kindOf({ source, target }: CellDifference): DifferenceKind {
  if (target === null) return 'missing';
  return source === null ? 'extra' : 'different';
}

function cellKey(key: JsonObject): string {
  const { ship, time, channel, table } = key;
  return JSON.stringify(
    channel === undefined ? [ship, time, 'table', table ?? null] : [ship, time, 'channel', channel],
  );
}
