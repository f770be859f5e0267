import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DemuxBuffer } from '../../media/ts/demux-buffer.ts'
import type { DemuxedObject, PlacedObject } from './demux-object.ts'
import { LentMedia } from './lent-media.ts'

const placed = (key: string) => ({ object: { key } }) as PlacedObject

describe('lent media', () => {
  it('is demuxed once for its reader, and its buffers go to the next one when all of it is done', async () => {
    const spare: DemuxBuffer[] = []
    const gate = Promise.withResolvers<void>()
    const used: [string, DemuxBuffer][] = []
    const source = { read: () => assert.fail(), keptOf: () => undefined }
    const lend = () =>
      new LentMedia(
        source,
        async ({ object }, buffer): Promise<DemuxedObject> => {
          used.push([object.key, buffer])
          await gate.promise
          if (object.key === 'lost') throw new Error('lost')
          return { tracks: [], events: [] }
        },
        spare,
      )
    const one = lend()
    const asked = [one.demuxed(placed('a')), one.demuxed(placed('a')), one.demuxed(placed('lost'))]
    const outcomes = Promise.allSettled(asked)
    const ending = one.end()
    assert.equal(spare.length, 0, 'they are being filled')
    gate.resolve()
    await ending
    assert.deepEqual(
      (await outcomes).map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected'],
    )
    assert.deepEqual(
      used.map(([key]) => key),
      ['a', 'lost'],
    )
    assert.deepEqual(new Set(spare), new Set(used.map(([, buffer]) => buffer)))
    const next = lend()
    await next.demuxed(placed('b'))
    assert.ok(used.slice(0, 2).some(([, buffer]) => buffer === used[2]![1]))
  })

  it('is not demuxed where it is kept', async () => {
    const kept: DemuxedObject = { tracks: [], events: [] }
    const source = { read: () => assert.fail(), keptOf: () => kept }
    const lent = new LentMedia(source, () => assert.fail(), [])
    assert.equal(await lent.demuxed(placed('a')), kept)
    await lent.end()
  })
})
