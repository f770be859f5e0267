import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { watchBucket } from './bucket.ts'
import { temporaryFolder } from './processes.ts'

const FILES = {
  segment: ['v_1.ts', Buffer.alloc(376, 0x47)],
  child: ['v.m3u8', '#EXTM3U\n#EXTINF:1,\nv_1.ts\n#EXT-X-ENDLIST\n'],
  parent: ['index.m3u8', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n'],
} as const

/** What the watcher says of an asset written in this order, when it has looked after each step. */
async function watched(order: readonly (keyof typeof FILES)[], spoil?: (folder: string) => void) {
  const bucket = temporaryFolder('bucket')
  const watch = await watchBucket({ folder: bucket })
  const folder = join(bucket, 'asset')
  mkdirSync(folder)
  for (const name of order) {
    const [file, bytes] = FILES[name]
    writeFileSync(join(folder, file), bytes)
    await watch.looked()
  }
  spoil?.(folder)
  return watch.report()
}

describe('the watcher of a bucket', () => {
  it('has nothing to say when the parent comes last', async () => {
    assert.deepEqual(await watched(['segment', 'child', 'parent']), { parents: 1, faults: [] })
  })
  it('reports a parent that comes before its playlist', async () => {
    const { faults } = await watched(['segment', 'parent', 'child'])
    assert.match(faults.join(), /points to v\.m3u8, which is not there/)
  })
  it('reports a parent that comes before its segment', async () => {
    const { faults } = await watched(['child', 'parent', 'segment'])
    assert.match(faults.join(), /points to v_1\.ts, which is not there/)
  })
  it('reports a segment that is cut short', async () => {
    const cut = (folder: string) => writeFileSync(join(folder, 'v_1.ts'), Buffer.alloc(100))
    const { faults } = await watched(['segment', 'child', 'parent'], cut)
    assert.match(faults.join(), /v_1\.ts, which has 100 bytes/)
  })
  it('reports what is taken away later', async () => {
    const remove = (folder: string) => rmSync(join(folder, 'v_1.ts'))
    const { faults } = await watched(['segment', 'child', 'parent'], remove)
    assert.match(faults.join(), /which is not there/)
  })
})
