/** What a backend tells about a load (§3). Times are in milliseconds. */
export interface LoadReport {
  /** -1 where no transaction was begun. */
  txnId: number;
  label: string;
  comment: string;
  twoPhase: boolean;
  status: 'Success' | 'Publish Timeout' | 'Label Already Exists' | 'Fail';
  existingJobStatus: 'RUNNING' | 'PRECOMMITTED' | 'FINISHED' | null;
  message: string;
  totalRows: number;
  loadedRows: number;
  filteredRows: number;
  loadBytes: number;
  errorUrl: string | null;
  readonly startedAt: number;
}

export function emptyReport(startedAt: number): LoadReport {
  return {
    txnId: -1,
    label: '',
    comment: '',
    twoPhase: false,
    status: 'Success',
    existingJobStatus: null,
    message: 'OK',
    totalRows: 0,
    loadedRows: 0,
    filteredRows: 0,
    loadBytes: 0,
    errorUrl: null,
    startedAt,
  };
}

/** Pretty-printed, a line feed at the end, fields in Doris' order; on `Fail` no row counts as loaded (§3). */
export function renderReport(report: LoadReport, now: number): string {
  const fields = {
    TxnId: report.txnId,
    Label: report.label,
    Comment: report.comment,
    TwoPhaseCommit: report.twoPhase ? 'true' : 'false',
    Status: report.status,
    ...(report.existingJobStatus === null ? {} : { ExistingJobStatus: report.existingJobStatus }),
    Message: report.message,
    NumberTotalRows: report.totalRows,
    NumberLoadedRows: report.status === 'Fail' ? 0 : report.loadedRows,
    NumberFilteredRows: report.filteredRows,
    NumberUnselectedRows: 0,
    LoadBytes: report.loadBytes,
    LoadTimeMs: now - report.startedAt,
    BeginTxnTimeMs: 0,
    StreamLoadPutTimeMs: 0,
    ReadDataTimeMs: 0,
    WriteDataTimeMs: 0,
    ReceiveDataTimeMs: 0,
    CommitAndPublishTimeMs: 0,
    ...(report.errorUrl === null ? {} : { ErrorURL: report.errorUrl }),
  };
  return `${JSON.stringify(fields, null, 4)}\n`;
}
