import type { Fault } from './fault.ts'

/** In what is told of changes, and of a process. */
export const CHANGE_FAULTS: readonly Fault[] = [
  {
    name: 'end-of-job-not-told',
    breaks: 'Nobody hears of it when a harvest job has ended.',
    file: 'src/stores/sqlite/harvest-jobs.ts',
    find: '      noteChange(claim.id)\n      writeEvent',
    replace: '      writeEvent',
    caughtBy: { file: 'src/stores/sqlite/sqlite-store.test.ts', cases: 'tells of a harvest job from its creation' },
    failure: /- +kind: 'harvestJob'/,
  },
  {
    name: 'lost-changes-not-counted',
    breaks: 'A stream is resumed although changes after its last one are not kept any more.',
    file: 'src/changes/recent-changes.ts',
    find: '    this.lost = number\n',
    replace: '',
    caughtBy: { file: 'src/changes/recent-changes.test.ts', cases: 'leave nobody without a change' },
    failure: /Property failed/,
  },
  {
    name: 'last-change-dropped',
    breaks: 'A change within the interval of an earlier one is never told.',
    file: 'src/changes/coalescing.ts',
    find: '      before.isPending = true\n',
    replace: '',
    caughtBy: { file: 'src/changes/coalescing.test.ts', cases: 'is its first change at once' },
    failure: /Expected values to be strictly deep-equal/,
  },
  {
    name: 'slow-client-written-to',
    breaks: 'What a client does not read piles up in memory.',
    file: 'src/changes/streams.ts',
    find: '    if (response.writableNeedDrain) stream.blockedSince ??= now\n',
    replace: '',
    caughtBy: { file: 'src/changes/change-broadcast.test.ts', cases: 'hold nothing for a client that does not read' },
    failure: /characters are written/,
  },
  {
    name: 'secret-shown',
    breaks: 'The settings in effect show the values of secrets.',
    file: 'src/config/read-settings.ts',
    find: 'value: isSecret ? undefined : text',
    replace: 'value: text',
    caughtBy: { file: 'src/config/read-settings.test.ts', cases: 'tell of secrets only whether they are set' },
    failure: /never-told/,
  },
  {
    name: 'sums-fall-with-deletions',
    breaks: 'What a deleted endpoint has counted is taken from what others count.',
    file: 'src/prometheus-metrics.ts',
    find: '      this.removedLike(labels).takeOver(series)\n',
    replace: '',
    caughtBy: { file: 'src/measurement/metric-samples.test.ts', cases: 'have no counts below zero' },
    failure: /\+ +0/,
  },
]
