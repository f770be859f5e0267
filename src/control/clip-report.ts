import { isoDateTime } from '../media/time.ts'
import { CLIP_FILES, CLIP_KINDS, type Clip } from '../model/clip.ts'
import type { ClipReport } from './clip-operations.ts'

/** Where clips are played, and how long one may be to be played as one MP4 file. */
type Playback = { readonly publicUrl: string; readonly longestMp4Ms: number }

/** A clip as `/windrow/v1/clips/{id}` describes it. Undefined members are left out. */
export function clipReport(clip: Clip, playback: Playback): ClipReport {
  const { id, channelId, originEndpointId, startTime, endTime, cut, expiresAt, bytes } = clip
  return {
    id,
    channelId,
    originEndpointId,
    ruleId: clip.ruleId,
    startTime,
    endTime,
    cut,
    expiresAt: expiresAt === undefined ? undefined : isoDateTime(expiresAt),
    createdAt: isoDateTime(clip.createdAt),
    modifiedAt: isoDateTime(clip.modifiedAt),
    pinnedBytes: bytes,
    urls: urlsOf(clip, playback),
  }
}

function urlsOf(
  { id, sources, start, end }: Clip,
  { publicUrl, longestMp4Ms }: Playback,
): Readonly<Record<string, string>> {
  const isTooLong = end - start > longestMp4Ms
  const urls = CLIP_KINDS.flatMap((kind) => {
    const source = sources.find(({ kinds }) => kinds.includes(kind))
    const name = kind.toLowerCase()
    if (!source || (kind === 'MP4' && isTooLong)) return []
    return [[name, `${publicUrl}/out/v1/${source.endpoint.guid}/clips/${id}/${name}/${CLIP_FILES[kind]}`] as const]
  })
  return Object.fromEntries(urls)
}
