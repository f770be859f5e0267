import type { Fault } from './fault.ts'

/** In how content keys are kept and requested. */
export const KEY_FAULTS: readonly Fault[] = [
  {
    name: 'last-keys-stay',
    breaks: 'Keys that are recorded later take the place of those that a key period has.',
    file: 'src/stores/sqlite/content-keys.ts',
    find: 'INSERT OR IGNORE INTO content_key',
    replace: 'INSERT OR REPLACE INTO content_key',
    caughtBy: { file: 'src/stores/sqlite/sqlite-store.test.ts', cases: 'keeps the first keys of a period' },
    failure: /Expected values to be/,
  },
  {
    name: 'keys-of-pinned-content-forgotten',
    breaks: 'Keys are forgotten by their age, whether there is content of their period or not.',
    file: 'src/stores/sqlite/content-keys.ts',
    find: 'hasContent(channelGuid, period, intervalMs)) continue',
    replace: 'period < 0) continue',
    caughtBy: {
      file: 'src/stores/sqlite/sqlite-store.test.ts',
      cases: 'keeps the keys of content that jobs and clips',
    },
    failure: /Expected values to be/,
  },
  {
    name: 'sealed-for-any-row',
    breaks: 'Sealed keys open in the row of another key period.',
    file: 'src/keys/sealing.ts',
    find: 'JSON.stringify([source, period, kid])',
    replace: 'JSON.stringify([source, period && 0, kid])',
    caughtBy: { file: 'src/keys/key-ledger.test.ts', cases: 'cannot be opened in the place of others' },
    failure: /Missing expected rejection/,
  },
  {
    name: 'earlier-keys-not-recorded',
    breaks: 'A key period is served with the keys of an earlier one without having them on record.',
    file: 'src/keys/endpoint-keys.ts',
    find: 'const stored = await this.deps.records.recordKeys(source, record)',
    replace:
      'const stored = givenFor === period ? await this.deps.records.recordKeys(source, record) : { ...record, sealed }',
    caughtBy: { file: 'src/keys/key-ledger.test.ts', cases: 'for an hour, gives periods the last key for good' },
    failure: /Expected values to be/,
  },
  {
    name: 'provider-without-a-pause',
    breaks: 'A key provider that fails is asked again by each request of a player.',
    file: 'src/keys/key-requests.ts',
    find: 'const pause = pauseAfter(PAUSES_MS, failures)',
    replace: 'const pause = 0 * pauseAfter(PAUSES_MS, failures)',
    caughtBy: { file: 'src/keys/key-ledger.test.ts', cases: 'is told of once a minute' },
    failure: /Expected values to be strictly deep-equal/,
  },
  {
    name: 'keys-requested-by-every-node',
    breaks: 'Nodes request keys of an endpoint at the same time.',
    file: 'src/keys/key-requests.ts',
    find: 'if (held.includes(name))',
    replace: 'if (held)',
    caughtBy: { file: 'test/keys/ledger-nodes.test.ts', cases: 'are requested once for each period' },
    failure: /Expected values to be strictly equal/,
  },
  {
    name: 'keys-ahead-all-at-once',
    breaks: 'All endpoints of one interval request the keys of the next period in the same second.',
    file: 'src/keys/prefetch.ts',
    find: '(1 - share / 2)',
    replace: '(1 - 0 * share)',
    caughtBy: { file: 'src/keys/prefetch.test.ts', cases: 'spread over endpoints' },
    failure: /The expression evaluated to a falsy value|400/,
  },
]
