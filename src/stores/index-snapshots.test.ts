import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { openIndexSnapshots, snapshotIn } from './index-snapshots.ts'

const folder = await mkdtemp(join(tmpdir(), 'windrow-snapshots-'))
after(() => rm(folder, { recursive: true }))

const write = (path: string) => writeFile(path, 'an index')
const here = () => readdir(join(folder, 'index-snapshots'))

describe('snapshots of the index', () => {
  it('are files of the data folder until they are removed, or newer ones are there', async () => {
    const snapshots = await openIndexSnapshots(folder, write)
    const ids: string[] = []
    for (let made = 0; made < 3; made++) {
      const snapshot = await snapshots.create()
      assert.ok(snapshot !== 'too many')
      assert.equal(snapshot.size, 8)
      ids.push(snapshot.id)
    }
    assert.deepEqual(
      ids.map((id) => existsSync(snapshotIn(folder, id))),
      [false, true, true],
    )
    assert.deepEqual(await Promise.all(ids.map((id) => snapshots.remove(id))), [false, true, true])
    assert.deepEqual(await here(), [])
  })

  it('of an earlier process are gone', async () => {
    const left = snapshotIn(folder, 'left')
    await mkdir(dirname(left), { recursive: true })
    await write(left)
    const snapshots = await openIndexSnapshots(folder, write)
    assert.ok(!existsSync(left))
    assert.equal(await snapshots.remove('left'), false)
  })

  it('are made one after the other, and refused when several wait', async () => {
    let making = 0
    let most = 0
    const snapshots = await openIndexSnapshots(folder, async (path) => {
      most = Math.max(most, ++making)
      await write(path)
      making--
    })
    const made = await Promise.all([1, 2, 3, 4, 5].map(() => snapshots.create()))
    assert.equal(made.filter((each) => each === 'too many').length, 1)
    assert.equal(most, 1)
    assert.ok((await snapshots.create()) !== 'too many')
  })

  it('leave nothing when one fails, nor does that keep others from being made', async () => {
    let fails = true
    const snapshots = await openIndexSnapshots(folder, async (path) => {
      await write(path)
      if (fails) throw new Error('the disk is full')
    })
    await assert.rejects(snapshots.create(), /the disk is full/)
    assert.deepEqual(await here(), [])
    fails = false
    assert.ok((await snapshots.create()) !== 'too many')
  })
})
