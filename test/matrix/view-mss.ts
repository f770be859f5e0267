import { fetchBytes } from '../judges/playlists.ts'
import { type SmoothTrack, smoothHeader, timedFragment } from './smooth-movie.ts'
import type { Run, Viewed, ViewedStream } from './viewed.ts'

/** A Smooth Streaming presentation ([MS-SSTR] 2.2.2), each quality level as a movie with a header made for it. */
export async function viewMss(url: string): Promise<Viewed> {
  const manifest = (await fetchBytes(url)).toString()
  const indexes = elements(manifest, 'StreamIndex')
  const streams = await Promise.all(
    indexes.map(async ({ attributes, content }) => {
      const starts = startTimes(elements(content, 'c').map((chunk) => chunk.attributes))
      const levels = elements(content, 'QualityLevel')
      return Promise.all(levels.map((level) => viewLevel(url, attributes, level.attributes, starts)))
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

/** A chunk without a time follows the one before; one may stand for several. */
function startTimes(chunks: readonly Attributes[]): number[] {
  let next = 0
  return chunks.flatMap(({ t, d, r = '1' }) => {
    if (t !== undefined) next = Number(t)
    return Array.from({ length: Number(r) }, () => {
      const start = next
      next += Number(d)
      return start
    })
  })
}

async function viewLevel(
  url: string,
  index: Attributes,
  level: Attributes,
  starts: readonly number[],
): Promise<ViewedStream> {
  const kind = index['Type'] === 'text' ? 'text' : index['Type'] === 'audio' ? 'audio' : 'variant'
  const fragmentUrl = (start: number) => {
    const path = index['Url']!.replace('{bitrate}', level['Bitrate']!).replace('{start time}', `${start}`)
    return `${new URL(path, url)}`
  }
  const segments = await Promise.all(
    starts.map(async (start) => {
      const fragment = await fetchBytes(fragmentUrl(start))
      return kind === 'text' ? fragment : timedFragment(fragment, start)
    }),
  )
  const run: Run = kind === 'text' ? { segments } : { header: smoothHeader(toTrack(kind, level)), segments }
  return {
    kind,
    name: new URL(fragmentUrl(starts[0] ?? 0)).pathname,
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
