import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { backupRequest, restoreRequest } from './backup-flags.ts'

describe('the arguments of windrow backup', () => {
  it('are a folder, and what is kept and included', () => {
    const { access, ...given } = backupRequest(['/backup', '--keep', '24', '--buckets', '--data', 'here'], {})
    assert.deepEqual(given, {
      folder: '/backup',
      dataFolder: 'here',
      keep: 24,
      withBuckets: true,
      verifies: false,
    })
    assert.equal(typeof access, 'function')
    const { keep, dataFolder, withBuckets } = backupRequest(['/backup'], { WINDROW_DATA: 'there' })
    assert.deepEqual([keep, dataFolder, withBuckets], [7, 'there', false])
    assert.equal(backupRequest(['/backup', '--verify'], {}).verifies, true)
  })

  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /needs the folder of the backup/],
    [['a', 'b'], /unexpected argument "b"/],
    [['a', '--keep', '0'], /--keep must be a number of snapshots from 1 to 1000/],
    [['a', '--keep', '1.5'], /--keep must be/],
    [['a', '--kept', '3'], /--kept/],
  ]
  for (const [words, message] of refused) {
    it(`are refused: ${words.join(' ') || 'nothing'}`, () => {
      assert.throws(() => backupRequest(words, {}), { name: 'CommandMisused', message })
    })
  }

  it('are refused for nodes, whose stores have backups of their own', () => {
    const env = { WINDROW_DATABASE_URL: 'postgres://db' }
    assert.throws(() => backupRequest(['a'], env), { name: 'CommandMisused', message: /see docs\/backup\.md$/ })
  })
})

describe('the arguments of windrow restore', () => {
  it('are a backup and a data folder, or a backup alone to be read', () => {
    const whole = { folder: '/backup', dataFolder: 'new', snapshot: 'one', isRehearsal: false }
    assert.deepEqual(restoreRequest(['/backup', '--data', 'new', '--snapshot', 'one']), whole)
    assert.equal(restoreRequest(['/backup', '--dry-run']).isRehearsal, true)
    assert.throws(() => restoreRequest(['/backup']), { name: 'CommandMisused', message: '--data is required' })
  })
})
