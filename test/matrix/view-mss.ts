import { fetchBytes } from '../judges/playlists.ts'
import { SMOOTH_TIMESCALE, type SmoothTrack, smoothHeader, timedFragment } from './smooth-movie.ts'
import type { Run, Viewed, ViewedStream } from './viewed.ts'

/** A Smooth Streaming presentation ([MS-SSTR] 2.2.2), each quality level as a movie with a header made for it. */
export async function viewMss(url: string): Promise<Viewed> {
  const manifest = (await fetchBytes(url)).toString()
  const indexes = elements(manifest, 'StreamIndex')
  const streams = await Promise.all(
    indexes.map(async ({ attributes, content }) => {
      const chunks = chunksOf(elements(content, 'c').map((chunk) => chunk.attributes))
      const levels = elements(content, 'QualityLevel')
      return Promise.all(levels.map((level) => viewLevel(url, attributes, level.attributes, chunks)))
    }),
  )
  return { manifest, streams: streams.flat() }
}

type Attributes = Readonly<Record<string, string>>

function elements(xml: string, name: string): { attributes: Attributes; content: string }[] {
  return [...xml.matchAll(new RegExp(`<${name}\\s([^>]*?)(?:/>|>([\\s\\S]*?)</${name}>)`, 'g'))].map(
    ([, head, content = '']) => {
      const attributes = Object.fromEntries(
        [...head!.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
      )
      return { attributes: attributes as Attributes, content }
    },
  )
}

type Chunk = { readonly start: number; readonly duration: number }

/** A chunk without a time follows the one before; one may stand for several. */
function chunksOf(listed: readonly Attributes[]): Chunk[] {
  let next = 0
  return listed.flatMap(({ t, d, r = '1' }) => {
    if (t !== undefined) next = Number(t)
    return Array.from({ length: Number(r) }, () => {
      const start = next
      next += Number(d)
      return { start, duration: Number(d) }
    })
  })
}

async function viewLevel(
  url: string,
  index: Attributes,
  level: Attributes,
  chunks: readonly Chunk[],
): Promise<ViewedStream> {
  const kind = index['Type'] === 'text' ? 'text' : index['Type'] === 'audio' ? 'audio' : 'variant'
  const fragmentUrl = (start: number) => {
    const path = index['Url']!.replace('{bitrate}', level['Bitrate']!).replace('{start time}', `${start}`)
    return `${new URL(path, url)}`
  }
  const segments = await Promise.all(
    chunks.map(async ({ start }) => {
      const fragment = await fetchBytes(fragmentUrl(start))
      return kind === 'text' ? fragment : timedFragment(fragment, start)
    }),
  )
  const run: Run = {
    segments,
    seconds: chunks.reduce((sum, { duration }) => sum + duration, 0) / SMOOTH_TIMESCALE,
    starts: chunks.map(({ start }) => start / SMOOTH_TIMESCALE),
    ...(kind !== 'text' && { header: smoothHeader(toTrack(kind, level)) }),
  }
  return {
    kind,
    name: new URL(fragmentUrl(chunks[0]?.start ?? 0)).pathname,
    runs: [run],
    ...(index['Language'] !== undefined && { language: index['Language'] }),
  }
}

function toTrack(kind: 'variant' | 'audio', level: Attributes): SmoothTrack {
  return {
    kind: kind === 'audio' ? 'audio' : 'video',
    fourCC: level['FourCC'] ?? '',
    codecPrivateData: Buffer.from(level['CodecPrivateData'] ?? '', 'hex'),
    width: Number(level['MaxWidth'] ?? 0),
    height: Number(level['MaxHeight'] ?? 0),
    channels: Number(level['Channels'] ?? 0),
    samplingRate: Number(level['SamplingRate'] ?? 0),
  }
}
