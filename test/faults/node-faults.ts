import type { Fault } from './fault.ts'

const LIVES = 'test/timeline/node-simulations.test.ts'

/** In what nodes do that write one archive together. */
export const NODE_FAULTS: readonly Fault[] = [
  {
    name: 'commit-on-any-version',
    breaks: 'A node commits what it has computed from a state that another has changed since.',
    file: 'src/stores/postgres/commits.ts',
    find: '      if (isStale) return undefined\n',
    replace: '',
    caughtBy: { file: LIVES, cases: 'breaks no promise' },
    failure: /Property failed after/,
  },
  {
    name: 'unheard-commit-ignored',
    breaks: 'A node that has not heard of a commit takes an event for one that changes nothing.',
    file: 'src/archive/channel-step.ts',
    find: '  if (isCompared && !isToCommit(step) && !(await channel.isCurrent())) return false\n',
    replace: '',
    caughtBy: { file: 'src/archive/channel-step.test.ts', cases: 'that changes nothing' },
    failure: /true !== false/,
  },
  {
    name: 'others-commits-not-read',
    breaks: 'A node goes on showing what it has read, whatever others commit.',
    file: 'src/archive/following.ts',
    find: "if (part === 'shown') this.isShownBehind = true",
    replace: "if (part !== 'shown') this.isShownBehind = true",
    caughtBy: { file: LIVES, cases: 'breaks no promise' },
    failure: /shows what node|what came \d+ ms ago/,
  },
  {
    name: 'abandoned-object-recorded',
    breaks: 'A commit records an object that another node has begun to delete.',
    file: 'src/stores/postgres/commits.ts',
    find: 'abandoned = isStale ? [] : staged.filter((key) => !stillStaged.has(key))',
    replace: 'abandoned = isStale ? [] : staged.filter((key) => key === undefined && stillStaged.has(key))',
    caughtBy: { file: 'src/stores/postgres/segment-index.test.ts', cases: 'abandoned' },
    failure: /Missing expected rejection/,
  },
  {
    name: 'known-needs-the-database',
    breaks: 'What may have changed is not shown as it was before while the database does not answer.',
    file: 'src/stores/lookups.ts',
    find: '    return known ? this.orBefore(name, looking, known.found) : looking\n',
    replace: '    return looking\n',
    caughtBy: { file: 'src/archive/nodes-reading.test.ts', cases: 'plays on' },
    failure: /StoreUnavailable: gone/,
  },
  {
    name: 'shown-eras-not-read',
    breaks: 'What is shown needs eras that were not read with it.',
    file: 'src/archive/channel-state.ts',
    find: '...outputs.erasInMemory(all), ',
    replace: '',
    caughtBy: { file: 'src/archive/nodes-reading.test.ts', cases: 'plays on' },
    failure: /StoreUnavailable: gone/,
  },
  {
    name: 'pins-not-held',
    breaks: 'Retention deletes what a harvest job covers that another node is making.',
    file: 'src/stores/postgres/pins.ts',
    find: "  await transaction.lock('harvestJobs', 'shared')\n",
    replace: '',
    caughtBy: { file: 'src/stores/postgres/segment-index.test.ts', cases: 'of a job that is being made' },
    failure: /10 !== 8/,
  },
  {
    name: 'deleted-content-clipped',
    breaks: 'A clip is made of segments that another node has deleted since they were read.',
    file: 'src/stores/postgres/pins.ts',
    find: "  await transaction.lock('clips', 'shared')\n",
    replace: '',
    caughtBy: { file: 'src/stores/postgres/segment-index.test.ts', cases: 'wait for what is being deleted' },
    failure: /content-deleted/,
  },
]
