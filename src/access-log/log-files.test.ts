import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { describe, it } from 'node:test'
import { temporaryFolder } from '../../test/judges/processes.ts'
import { utcMs } from '../media/time.ts'
import { deleteOldLogs, groupFolder, lastNumber } from './log-files.ts'

describe('the folder of a log group', () => {
  it('has the parts of its name as folders', () => {
    assert.equal(groupFolder('/aws/MediaPackage/EgressAccessLogs'), join('aws/MediaPackage', 'EgressAccessLogs'))
  })

  const hostile = [
    '/aws/MediaPackage/../../../etc',
    '../../etc/passwd',
    '/..',
    '..',
    '.',
    '',
    '/',
    '//etc',
    '/aws/\0/x',
    'C:\\Windows',
    '/aws/%2e%2e/x',
    '/aws/2026-12-01.jsonl',
    `/aws/${'x'.repeat(500)}`,
    `/aws/${'x'.repeat(501)}`,
    `/aws/${'é'.repeat(200)}`,
    '/AWS/ÄÖÜ',
    '/aws/a b',
  ]

  it('is below the folder of all, with names that file systems take', () => {
    for (const group of hostile) {
      const path = resolve('/logs', groupFolder(group))
      assert.ok(path.startsWith(`/logs${sep}`), `${group}: ${path}`)
      for (const name of path.split(sep)) assert.ok(Buffer.byteLength(name) <= 255, group)
      assert.match(path, /^[\w%/-]+$/)
    }
  })

  it('is another for every group', () => {
    const groups = [...hostile, '/aws/a%20b', '/aws//x', '/aws/x', '/aws/%/x', '/aws/AWS', '/aws/a_b', '/aws/a-b']
    // A first slash makes no difference.
    const names = new Set(groups.map((group) => group.replace(/^\//, '')))
    assert.equal(new Set(groups.map(groupFolder)).size, names.size)
  })
})

describe('log files', () => {
  it('are continued with the last of their day', async () => {
    const folder = temporaryFolder('logs')
    assert.equal(await lastNumber(folder, '2026-12-01'), 1)
    for (const name of ['2026-12-01.jsonl', '2026-12-01.9.jsonl', '2026-12-01.10.jsonl', '2026-12-02.11.jsonl', '12']) {
      writeFileSync(join(folder, name), '')
    }
    assert.equal(await lastNumber(folder, '2026-12-01'), 10)
  })

  it('are deleted when their day ended before a moment, and nothing else is', async () => {
    const folder = temporaryFolder('logs')
    mkdirSync(join(folder, 'group'), { recursive: true })
    mkdirSync(join(folder, '2026-11-01.jsonl'))
    const old = ['2026-11-01.jsonl', '2026-11-30.jsonl', '2026-11-30.2.jsonl']
    const others = ['2026-12-01.jsonl', '2026-11-01.jsonl.1', '2026-11-01.jsonl.gz', '2026-13-45.jsonl', 'notes.jsonl']
    for (const name of [...old, ...others]) writeFileSync(join(folder, 'group', name), '')
    assert.equal(await deleteOldLogs(folder, utcMs(Date.UTC(2026, 11, 1))), old.length)
    assert.deepEqual(readdirSync(join(folder, 'group')).sort(), others.sort())
    assert.deepEqual(readdirSync(folder).sort(), ['2026-11-01.jsonl', 'group'])
    assert.equal(await deleteOldLogs(join(folder, 'elsewhere'), utcMs(0)), 0)
  })
})
