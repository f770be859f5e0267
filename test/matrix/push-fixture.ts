import type { HlsPackage } from '@aws-sdk/client-mediapackage'
import { type Fixture, type FixtureStream, playlistFile, segmentFile } from '../fixtures/fixture.ts'
import { createChannel, createHlsEndpoint, type Ingest, mediaPackage } from '../judges/aws.ts'
import { DigestClient } from '../judges/digest-client.ts'
import type { Windrow } from '../judges/windrow.ts'

const HOUR_MS = 3_600_000

/** Pushes a fixture as an encoder would, only faster: segment by segment, each then listed, and an end. */
export async function pushFixture(ingest: Ingest, fixture: Fixture, firstDate: number): Promise<void> {
  const client = new DigestClient(ingest.username, ingest.password)
  const put = async (name: string, body: Uint8Array | string) => {
    const sent = typeof body === 'string' ? Buffer.from(body) : body
    const { status, body: said } = await client.send('PUT', `${new URL(name, ingest.url)}`, { body: sent })
    if (status !== 201) throw new Error(`PUT ${name} of ${fixture.name} was answered ${status}: ${said}`)
  }
  try {
    await put('channel.m3u8', fixture.parent)
    const count = Math.max(...fixture.streams.map(({ segments }) => segments.length))
    for (let number = 0; number < count; number++) {
      for (const stream of fixture.streams) {
        const segment = stream.segments[number]
        if (!segment) continue
        await put(segmentFile(stream, number), segment.bytes)
        await put(playlistFile(stream), playlistUpTo(stream, number, firstDate))
      }
    }
  } finally {
    client.close()
  }
}

/** Pushes what began an hour ago into a channel with an HLS endpoint, both of one id; gives when it began. */
export async function publishFixture(
  windrow: Windrow,
  made: Fixture,
  id: string = made.name,
  settings: HlsPackage = {},
): Promise<number> {
  const client = mediaPackage(windrow)
  const begin = Date.now() - HOUR_MS
  await pushFixture(await createChannel(client, id), made, begin)
  await createHlsEndpoint(client, id, id, { SegmentDurationSeconds: 2, ...settings })
  return begin
}

/** Lists every segment up to `last`, and the end after the last of all. */
export function playlistUpTo(stream: FixtureStream, last: number, firstDate: number): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:3', '#EXT-X-TARGETDURATION:3', '#EXT-X-MEDIA-SEQUENCE:0']
  let date = firstDate
  for (const [number, { duration, discontinuity }] of stream.segments.slice(0, last + 1).entries()) {
    if (discontinuity) lines.push('#EXT-X-DISCONTINUITY')
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(Math.round(date)).toISOString()}`)
    lines.push(`#EXTINF:${duration.toFixed(6)},`, segmentFile(stream, number))
    date += duration * 1000
  }
  const ended = last === stream.segments.length - 1
  return [...lines, ...(ended ? ['#EXT-X-ENDLIST'] : []), ''].join('\n')
}
