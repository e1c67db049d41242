import { ERROR_TABLE, type ErrorCode, type RunState } from '@drover/core';

/** What a person can do about a run in that state; null where nothing is left to do. */
export function nextStep(run: { state: RunState; errorCode: ErrorCode | null }): string | null {
  switch (run.state) {
    case 'running':
      return null;
    case 'paused':
      return '`drover resume` goes on, `drover cancel` gives it up.';
    case 'failed': {
      const hint = run.errorCode === null ? undefined : ERROR_TABLE[run.errorCode].hint;
      return hint?.includes('drover resume')
        ? hint
        : `${hint === undefined ? '' : `${hint} `}Then \`drover resume\` goes on, or \`drover cancel\` gives it up.`;
    }
    case 'cancelled':
      return 'What was moved stays; `drover run` starts another run.';
    case 'done':
      return null;
  }
}
