import { type Manifest, type Playlist, parse } from 'mpd-parser'
import { fetchBytes } from '../judges/playlists.ts'
import { toRuns, type Viewed, type ViewedStream } from './viewed.ts'

/** A DASH presentation, as mpd-parser reads it. */
export async function viewDash(url: string): Promise<Viewed> {
  const manifest = (await fetchBytes(url)).toString()
  const complaints: string[] = []
  const parsed = parse(manifest, {
    manifestUri: url,
    eventHandler: ({ type, message }) => {
      if (type !== 'info') complaints.push(`${type}: ${message}`)
    },
  })
  if (complaints.length > 0) throw new Error(`${url}: ${complaints.join('; ')}`)
  if (!parsed.endList) throw new Error(`${url} has not ended`)
  return { manifest, streams: await Promise.all(named(parsed).map(viewRepresentation)) }
}

type Named = Pick<ViewedStream, 'kind' | 'language'> & { readonly playlist: Playlist }

function named({ playlists, mediaGroups }: Manifest): Named[] {
  const variants = playlists.map((playlist) => ({ kind: 'variant' as const, playlist }))
  const others = (
    [
      ['audio', mediaGroups.AUDIO],
      ['text', mediaGroups.SUBTITLES],
    ] as const
  ).flatMap(([kind, groups]) => {
    const media = Object.values(groups).flatMap((group) => Object.values(group))
    return media.flatMap(({ language, playlists: each }) => each.map((playlist) => ({ kind, language, playlist })))
  })
  return [...variants, ...others]
}

async function viewRepresentation({ playlist, kind, language }: Named): Promise<ViewedStream> {
  const { attributes, segments } = playlist
  if (segments.length === 0) throw new Error('a representation without segments')
  const runs = await toRuns(
    // A Period with the header of the one before goes on with its times.
    segments.map(({ resolvedUri, map, duration }) => {
      return { url: resolvedUri, header: map.resolvedUri, duration, breaks: false }
    }),
    fetchBytes,
  )
  return {
    kind,
    name: new URL(segments[0]!.resolvedUri).pathname,
    runs,
    ...(language && { language }),
    ...(attributes.CODECS !== undefined && { codecs: attributes.CODECS }),
  }
}
