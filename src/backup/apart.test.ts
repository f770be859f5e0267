import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { refuseNested } from './apart.ts'

it('a backup and a data folder are not inside each other, whatever their paths', async (test) => {
  const root = await mkdtemp(join(tmpdir(), 'windrow-apart-'))
  test.after(() => rm(root, { recursive: true }))
  await mkdir(join(root, 'data'))
  await symlink(join(root, 'data'), join(root, 'link'))
  for (const [backup, data] of [
    ['data/backups/daily', 'data'],
    ['data', 'data/new'],
    ['link/backup', 'data'],
    ['data', 'link'],
  ] as const) {
    const nested = refuseNested(join(root, backup), join(root, data))
    await assert.rejects(nested, { name: 'BackupFailed', message: /are inside each other: a backup needs a folder/ })
  }
  await refuseNested(join(root, 'data-backup'), join(root, 'data'))
  await refuseNested(join(root, 'missing/backup'), join(root, 'link'))
})
