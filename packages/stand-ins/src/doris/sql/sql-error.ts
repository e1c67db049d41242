/** What a statement is answered with when it is refused; `message` has the form of the server's errors. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly errno: number;

  constructor(errno: number, message: string) {
    super(message);
    this.errno = errno;
  }
}

/** A refusal as the server words it; 1105 is the errno of all errors that have no number of their own. */
export function refused(detail: string, errno = 1105): SqlError {
  return new SqlError(errno, `errCode = 2, detailMessage = ${detail}`);
}

/** For what the description is silent about: the stand-in answers loudly instead of guessing. */
export function notKnown(what: string): SqlError {
  return refused(`the stand-in does not know ${what}`);
}

export function unknownDatabase(name: string): SqlError {
  return refused(`Unknown database '${name}'`, 1049);
}

export function unknownTable(database: string, table: string): SqlError {
  return refused(`Table [${table}] does not exist in database [${database}].`, 1146);
}

export function unknownColumn(name: string, where: string): SqlError {
  return refused(`Unknown column '${name}' in '${where}'`, 1054);
}
