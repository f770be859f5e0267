import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { seededRandom } from '../../test/judges/random.ts'
import { FileSpool } from './file-spool.ts'

describe('a spool', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spool-'))
  })
  after(() => rm(folder, { recursive: true }))

  for (const size of [0, 1, 1000, 256 * 1024, 256 * 1024 + 1, 3_000_000]) {
    it(`gives ${size} bytes back as they were appended, again and again`, async () => {
      const random = seededRandom(size)
      const spool = new FileSpool(folder)
      const all: Buffer[] = []
      const buffer = Buffer.alloc(70_000)
      for (let left = size; left > 0; ) {
        const piece = buffer.subarray(0, Math.min(left, random.integer(1, buffer.length)))
        for (let i = 0; i < piece.length; i += 97) piece[i] = random.integer(0, 255)
        await spool.append(piece)
        all.push(Buffer.from(piece))
        left -= piece.length
      }
      const whole = Buffer.concat(all)
      for (let reading = 0; reading < 2; reading++) assert.ok((await readAll(spool.read())).equals(whole))
      for (let reading = 0; reading < 20; reading++) {
        const start = random.integer(0, size)
        const end = random.integer(start, size)
        const part = await readAll(spool.read({ start, end }))
        assert.ok(part.equals(whole.subarray(start, end)), `${start} to ${end}`)
      }
      assert.deepEqual(await readdir(folder), [], 'its file has no name')
      await spool.close()
    })
  }

  it('takes no more than is left, where it can be done without', async () => {
    const MiB = 1024 * 1024
    for (const isOptional of [true, false]) {
      let disk = 100 * MiB
      const spool = new FileSpool(folder, { isOptional, freeBytes: async () => disk })
      let taken = 0
      const fill = async () => {
        for (; disk > 0; disk -= MiB, taken += MiB) await spool.append(Buffer.alloc(MiB))
      }
      if (isOptional) await assert.rejects(fill(), /bytes are left/)
      else await fill()
      assert.ok(isOptional ? taken > 20 * MiB && taken <= disk : disk === 0, `${taken} taken, ${disk} left`)
      await spool.close()
    }
  })

  it('says that its folder is not there', async () => {
    const spool = new FileSpool(join(folder, 'absent'))
    await assert.rejects(spool.append(Buffer.alloc(300_000)), { code: 'ENOENT' })
  })
})

async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const read: Buffer[] = []
  for await (const piece of pieces) read.push(Buffer.from(piece))
  return Buffer.concat(read)
}
