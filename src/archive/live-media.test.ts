import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NOON, outputSegments } from '../../test/origin/sample-channel.ts'
import type { OutputSegment } from '../model/output-segment.ts'
import type { ProvenObjects } from '../stores/proven-objects.ts'
import type { ChannelContent } from './channel-content.ts'
import { LiveMedia } from './live-media.ts'

/** A channel as it is looked at: its newest segments, once `reading` has resolved. */
function channel(guid: string, all: readonly OutputSegment[], reading: Promise<void>): ChannelContent {
  const outputs = { all: () => [{ outputTimeline: { id: 1 }, tail: { all } }] }
  return { guid, read: () => reading, state: { outputs } } as unknown as ChannelContent
}

describe('media read ahead', () => {
  it('are read however many channels are being looked at', async () => {
    const read: string[] = []
    const store = {
      read: async ({ key }: { readonly key: string }) => {
        read.push(key)
        return new Uint8Array()
      },
    } as unknown as ProvenObjects
    const live = new LiveMedia({ read: store.read, clock: () => NOON })
    const noted = live.noting(store)
    const never = Promise.withResolvers<void>()
    const keyOf = (guid: string) => `${guid}/object`
    for (let n = 0; n < 100; n++) {
      await noted.read({ key: keyOf(`busy${n}`), size: 1, crc32: 0 })
      live.changed(channel(`busy${n}`, [], never.promise))
    }
    const segments = outputSegments(1, [{}, {}])
    const [first, second] = segments.map(({ slots }) => Object.values(slots[0]!.objects))
    for (const object of first!) await noted.read({ ...object, key: object.key })
    await noted.read({ key: keyOf('watched'), size: 1, crc32: 0 })
    read.length = 0
    live.changed(channel('watched', segments, Promise.resolve()))
    for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate)
    assert.deepEqual(
      read,
      second!.map(({ key }) => key),
    )
    never.resolve()
    await live.close()
  })
})
