import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BackupDisplay } from './backup-display.ts'

const BACKUP = {
  snapshot: '2026-01-01T00-00-00.000Z',
  takenAt: Date.UTC(2026, 0, 1),
  objects: 5,
  lost: 1,
  buckets: 'left out',
  added: 3,
  linked: 2,
  bytes: 4_500_000,
  lostKeys: ['a/1'],
  bucketFiles: 0,
  removed: { snapshots: 1, objects: 9 },
} as const
const RESTORE = {
  snapshot: '2026-01-01T00-00-00.000Z',
  objects: 5,
  linked: 5,
  bytes: 7,
  lost: 0,
  missing: 1,
  told: ['source object a/1 is missing'],
  bucketFiles: 0,
  restartedJobs: 2,
}

function display(isTerminal: boolean) {
  const written: string[] = []
  const now = () => 61_000 * written.length
  const terminal = { isTerminal, columns: 120, write: (text: string) => written.push(text), now, sleep: async () => {} }
  return { shown: new BackupDisplay(terminal), written }
}

describe('the display of a backup', () => {
  it('is a line of JSON where there is no terminal', () => {
    const { shown, written } = display(false)
    shown.progress({ phase: 'media', done: 0, total: 3, bytes: 0 })
    shown.backedUp(BACKUP)
    shown.restored(RESTORE)
    shown.verified({ snapshots: ['one'], objects: 5, bytes: 7, faults: 0, told: [] })
    const [progress, backup, restore, verification] = written.map((line) => JSON.parse(line))
    assert.equal(progress.phase, 'media')
    assert.deepEqual([backup.outcome, backup.takenAt], ['BACKED_UP', '2026-01-01T00:00:00.000Z'])
    assert.deepEqual([restore.outcome, restore.missing], ['RESTORED_IN_PART', 1])
    assert.deepEqual([verification.outcome, verification.faults], ['VERIFIED', 0])
  })

  it('is some lines on a terminal', () => {
    const { shown, written } = display(true)
    shown.backedUp(BACKUP)
    shown.restored(RESTORE)
    shown.verified({ snapshots: ['one'], objects: 5, bytes: 7, faults: 1, told: ['source object a/1 is damaged'] })
    const [backup, restore, verification] = written
    assert.match(backup!, /5 objects, of which 3 are new \(4\.50 MB, 2 linked\)\n {2}buckets {2}left out/)
    assert.match(backup!, /lost {5}1 objects, .*\n {11}a\/1\n {2}removed {2}1 snapshots, 9 objects\n$/)
    assert.match(restore!, /2 harvest jobs in progress begin anew\n {2}missing {2}1 objects/)
    assert.match(verification!, /^\r\S+Damaged: 1 snapshots/)
  })
})
