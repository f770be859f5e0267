import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { needing } from '../../test/programs.ts'
import { openFileObjects } from './file-objects.ts'
import { MOST_COLLECTED, PIECE_BYTES } from './file-writer.ts'
import { listedKeys, objectsContract, put } from './objects.contract.ts'

const onSmallDisk = needing('right to mount')

const folder = await mkdtemp(join(tmpdir(), 'windrow-objects-'))
after(() => rm(folder, { recursive: true }))
const newRoot = () => mkdtemp(join(folder, 'root-'))

objectsContract('files', async () => openFileObjects(await newRoot()))

describe('objects as files', () => {
  it('are read-only files at their keys, with exactly the bytes', async () => {
    const root = await newRoot()
    const objects = await openFileObjects(root)
    await put(objects, 'a/b/c', Buffer.from('bytes'))
    assert.deepEqual(objects.location('a/b/c'), { kind: 'file', path: join(root, 'a/b/c') })
    assert.equal(await readFile(join(root, 'a/b/c'), 'utf8'), 'bytes')
    assert.equal((await stat(join(root, 'a/b/c'))).mode & 0o222, 0)
  })

  it('outlive the process; what was half-written goes at the next start', async () => {
    const root = await newRoot()
    const objects = await openFileObjects(root)
    await put(objects, 'a/b', Buffer.from('kept'))
    const writer = await objects.create('a/c')
    await writer.write(Buffer.alloc(2_000_000))
    assert.equal((await readdir(join(root, '.incoming'))).length, 1)
    const reopened = await openFileObjects(root)
    assert.deepEqual(await readdir(join(root, '.incoming')), [])
    assert.deepEqual(await listedKeys(reopened, ''), ['a/b'])
    await assert.rejects(writer.commit(), { code: 'ENOENT' })
    await writer.abort()
    assert.deepEqual(await listedKeys(reopened, ''), ['a/b'])
  })

  it('take their folders with them', async () => {
    const root = await newRoot()
    const objects = await openFileObjects(root)
    await put(objects, 'a/b/c', Buffer.from('1'))
    await put(objects, 'a/d/e', Buffer.from('2'))
    await objects.remove('a/b/c')
    assert.deepEqual(await readdir(join(root, 'a')), ['d'])
    await objects.remove('a/d/e')
    assert.deepEqual(await readdir(root), ['.incoming'])
  })

  it('are made although their folder vanishes under the commit', async () => {
    const objects = await openFileObjects(await newRoot())
    for (let round = 0; round < 100; round++) {
      await put(objects, 'a/b/old', Buffer.from('old'))
      const writer = await objects.create('a/b/new')
      await Promise.all([writer.commit(), objects.remove('a/b/old')])
      assert.deepEqual(await listedKeys(objects, ''), ['a/b/new'])
      await objects.remove('a/b/new')
    }
  })

  it('that cannot be placed leave nothing behind once aborted', async () => {
    const root = await newRoot()
    const objects = await openFileObjects(root)
    await mkdir(join(root, 'a/b/c'), { recursive: true })
    await writeFile(join(root, 'a/b/c/x'), '')
    const writer = await objects.create('a/b/c')
    await writer.write(Buffer.from('x'))
    await assert.rejects(writer.commit(), { code: 'EISDIR' })
    await writer.abort()
    assert.deepEqual(await readdir(join(root, '.incoming')), [])
  })

  onSmallDisk.it('say so when the disk is full, and leave it as it was', async () => {
    const disk = await newRoot()
    const program = `
      import { openFileObjects } from ${JSON.stringify(new URL('./file-objects.ts', import.meta.url).href)}
      import { readdirSync } from 'node:fs'
      const root = ${JSON.stringify(join(disk, 'objects'))}
      const objects = await openFileObjects(root)
      const writer = await objects.create('a/b')
      let code
      try {
        for (let i = 0; i < 8; i++) await writer.write(Buffer.alloc(1_000_000))
        await writer.commit()
      } catch (error) { code = error.code }
      const again = await writer.commit().then(() => 'committed', (error) => error.code)
      await writer.abort()
      const small = await objects.create('a/c')
      await small.write(Buffer.from('fits'))
      await small.commit()
      const text = Buffer.from(await objects.read('a/c')).toString()
      console.log(JSON.stringify({ code, again, left: readdirSync(root + '/.incoming'), text }))`
    const script = `mount -t tmpfs -o size=3m tmpfs "$0" && exec "$1" --input-type=module -e "$2"`
    await chmod(disk, 0o755)
    const run = spawnSync('unshare', ['-rm', 'sh', '-c', script, disk, process.execPath, program], { encoding: 'utf8' })
    assert.deepEqual(JSON.parse(run.stdout || `"${run.stderr}"`), {
      code: 'ENOSPC',
      again: 'ENOSPC',
      left: [],
      text: 'fits',
    })
  })
})

describe('bodies that arrive slowly', () => {
  it('are held up to a bound for all of them together, beyond which they are written as they come', async () => {
    const root = await newRoot()
    const objects = await openFileObjects(root)
    const half = PIECE_BYTES / 2
    const writers = await Promise.all(Array.from({ length: 300 }, (_, i) => objects.create(`slow/${i}`)))
    const writtenBytes = async () => {
      const folder = join(root, '.incoming')
      const files = await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))))
      return files.reduce((sum, { size }) => sum + size, 0)
    }
    for (const writer of writers) await writer.write(Buffer.alloc(half, 1))
    const all = writers.length * half
    assert.ok(all - (await writtenBytes()) <= MOST_COLLECTED)
    await Promise.all(writers.slice(1).map((writer) => writer.abort()))
    // What was let go counts no longer: the bound is not used up.
    const later = await objects.create('slow/later')
    await later.write(Buffer.alloc(half, 2))
    await writers[0]!.commit()
    assert.equal(await writtenBytes(), 0)
    await later.commit()
    assert.equal((await stat(join(root, 'slow/0'))).size, half)
    assert.equal((await stat(join(root, 'slow/later'))).size, half)
  })
})
