import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Disk, type Loss, OutOfOrder } from './disk.ts'
import { temporaryFolder } from './processes.ts'
import { seededRandom } from './random.ts'

const CREATES = { creates: true, truncates: false }

/** What is left after a power cut, by path; folders end in a slash. */
function left(disk: Disk, loss: Loss = 'everything', seed = 1): Record<string, string> {
  const folder = temporaryFolder('disk')
  disk.cut(folder, loss, seededRandom(seed))
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      const name = path.slice(folder.length + 1)
      return entry.isDirectory() ? [`${name}/`, ''] : [name, readFileSync(path, 'latin1')]
    }),
  )
}

const root = (disk: Disk) => disk.open('', { creates: false, truncates: false }, 0)

describe('a disk whose power fails', () => {
  it('has what was synced before, and nothing that was written while it synced', () => {
    const disk = new Disk()
    const file = disk.open('a', CREATES, 1)
    disk.write(file, 0, Buffer.from('one'), 2)
    disk.write(file, 3, Buffer.from('two'), 5)
    disk.sync(file, 4)
    disk.sync(root(disk), 6)
    assert.deepEqual(left(disk), { a: 'one' })
  })

  it('has the old bytes under a name until the folder of a rename is synced', () => {
    const disk = new Disk()
    for (const [name, bytes] of [
      ['a', 'old'],
      ['b', 'new'],
    ] as const) {
      const file = disk.open(name, CREATES, 1)
      disk.write(file, 0, Buffer.from(bytes), 2)
      disk.sync(file, 3)
    }
    disk.sync(root(disk), 4)
    disk.rename('b', 'a', 5)
    assert.deepEqual(left(disk), { a: 'old', b: 'new' })
    disk.sync(root(disk), 6)
    assert.deepEqual(left(disk), { a: 'new' })
  })

  it('never loses both names of a file that moves from folder to folder', () => {
    for (let seed = 0; seed < 50; seed++) {
      const disk = new Disk()
      for (const folder of ['from', 'to']) disk.makeFolder(folder, 1)
      const file = disk.open('from/a', CREATES, 2)
      for (const path of ['', 'from']) disk.sync(disk.open(path, CREATES, 2), 3)
      disk.sync(file, 3)
      disk.rename('from/a', 'to/a', 4)
      const names = Object.keys(left(disk, 'anything', seed))
      assert.ok(names.includes('from/a') || names.includes('to/a'), `${names}`)
    }
  })

  it('keeps any of the writes that were not synced, or a part of one', () => {
    const found = new Set<string>()
    for (let seed = 0; seed < 300; seed++) {
      const disk = new Disk()
      const file = disk.open('a', CREATES, 1)
      disk.sync(root(disk), 2)
      disk.write(file, 0, Buffer.alloc(1024, 1), 3)
      disk.write(file, 1024, Buffer.alloc(512, 2), 4)
      const bytes = Buffer.from(left(disk, 'anything', seed)['a']!, 'latin1')
      found.add(`${bytes.length}: ${[0, 512, 1024].map((at) => bytes[at] ?? '-').join('')}`)
    }
    for (const one of ['0: ---', '512: 1--', '1024: 11-', '1536: 112', '1536: 002', '1536: 102'])
      assert.ok(found.has(one), `${one} is not among ${[...found].join('; ')}`)
  })

  it('has a linked file under each of its names that is synced', () => {
    const disk = new Disk()
    const file = disk.open('a', CREATES, 1)
    disk.write(file, 0, Buffer.from('bytes'), 2)
    disk.sync(file, 3)
    disk.sync(root(disk), 3)
    disk.makeFolder('links', 4)
    disk.link('a', 'links/b', 5)
    disk.sync(root(disk), 6)
    assert.deepEqual(left(disk), { a: 'bytes', 'links/': '' })
    disk.sync(disk.open('links', CREATES, 6), 7)
    assert.deepEqual(left(disk), { a: 'bytes', 'links/': '', 'links/b': 'bytes' })
  })

  it('says what cannot have been yet', () => {
    const disk = new Disk()
    disk.makeFolder('a', 1)
    disk.open('a/b', CREATES, 2)
    assert.throws(() => disk.remove('a', 3), OutOfOrder)
    assert.throws(() => disk.makeFolder('a', 3), OutOfOrder)
    assert.throws(() => disk.rename('c', 'd', 3), OutOfOrder)
  })
})
