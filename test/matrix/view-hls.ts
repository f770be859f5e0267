import hlsParser, { type types } from 'hls-parser'
import { Parser } from 'm3u8-parser'
import { fetchBytes } from '../judges/playlists.ts'
import { toRuns, type Viewed, type ViewedStream } from './viewed.ts'

type Named = Pick<ViewedStream, 'kind' | 'language' | 'codecs'> & { readonly url: string }

/** An HLS presentation, of transport streams or of CMAF, as two parsers read it. */
export async function viewHls(url: string): Promise<Viewed> {
  const manifest = (await fetchBytes(url)).toString()
  const parent = hlsParser.parse(manifest)
  if (!parent.isMasterPlaylist) throw new Error(`${url} is no parent playlist`)
  const named = new Map<string, Named>()
  for (const variant of parent.variants) {
    add(named, {
      kind: 'variant',
      url: `${new URL(variant.uri, url)}`,
      ...(variant.codecs && { codecs: variant.codecs }),
    })
    for (const [kind, renditions] of [
      ['audio', variant.audio],
      ['text', variant.subtitles],
    ] as const) {
      for (const { uri, language } of renditions) {
        if (uri) add(named, { kind, url: `${new URL(uri, url)}`, ...(language && { language }) })
      }
    }
  }
  return { manifest, streams: await Promise.all([...named.values()].map(viewPlaylist)) }
}

function add(named: Map<string, Named>, stream: Named): void {
  if (!named.has(stream.url)) named.set(stream.url, stream)
}

async function viewPlaylist({ url, ...stream }: Named): Promise<ViewedStream> {
  const text = (await fetchBytes(url)).toString()
  const playlist = hlsParser.parse(text)
  if (playlist.isMasterPlaylist) throw new Error(`${url} is no media playlist`)
  expectAgreement(url, playlist, text)
  if (!playlist.endlist) throw new Error(`${url} has not ended`)
  let header: string | undefined
  const listed = playlist.segments.filter(({ gap }) => !gap)
  const segments = listed.map(({ uri, map, duration, discontinuity }) => {
    // EXT-X-MAP holds until the next one.
    if (map?.uri) header = `${new URL(map.uri, url)}`
    return {
      url: `${new URL(uri, url)}`,
      duration,
      breaks: discontinuity === true,
      ...(header !== undefined && { header }),
    }
  })
  return { ...stream, name: new URL(url).pathname, runs: await toRuns(segments, fetchBytes) }
}

/** The other parser reads the same segments. */
function expectAgreement(url: string, playlist: types.MediaPlaylist, text: string): void {
  const other = new Parser()
  other.push(text)
  other.end()
  const { manifest } = other
  const one = playlist.segments.map(
    ({ uri, duration, discontinuity }) => `${uri} ${duration} ${discontinuity ?? false}`,
  )
  const two = manifest.segments.map(
    ({ uri, duration, discontinuity }) => `${uri} ${duration} ${discontinuity ?? false}`,
  )
  if (one.join('\n') !== two.join('\n'))
    throw new Error(`${url}: parsers do not agree:\n${one.join('\n')}\n${two.join('\n')}`)
  if (manifest.targetDuration !== playlist.targetDuration) throw new Error(`${url}: parsers do not agree on the target`)
}
