import type { WindrowOutputs } from '../../../src/control/windrow-operations.ts'
import { type ApiClient, pathOf } from '../api/api-client.ts'

type Page = WindrowOutputs['ListHarvestObjects']

/** An object that a job has written. */
export type AssetFile = Page['objects'][number]

/** Objects of a day of segments in several formats. */
const MOST_PAGES = 50

/** All objects that a job has written, as far as anybody would look through them. */
export async function assetFiles(api: ApiClient, jobId: string, signal: AbortSignal): Promise<readonly AssetFile[]> {
  const all: AssetFile[] = []
  let nextToken: string | undefined
  for (let n = 0; n < MOST_PAGES; n++) {
    const query = { maxResults: 1000, nextToken }
    const page: Page = await api.get(pathOf`/windrow/v1/harvest_jobs/${jobId}/objects`, query, signal)
    all.push(...page.objects)
    nextToken = page.nextToken
    if (nextToken === undefined) break
  }
  return all
}

/** The path of the operation that gives the bytes of an object. */
export function filePath(jobId: string, key: string): string {
  return pathOf`/windrow/v1/harvest_jobs/${jobId}/files/` + key.split('/').map(encodeURIComponent).join('/')
}

export type MainFiles = {
  /** What people take away: everything but segments and child playlists. */
  readonly downloads: readonly AssetFile[]
  /** What is played here; absent where a browser plays nothing of it. */
  readonly played?: { readonly kind: 'file' | 'HLS'; readonly file: AssetFile }
  readonly report?: AssetFile
}

const FILES = /\.(mp4|m4a|vtt|jpg|json)$/
/** Segments, headers and images of presentations, and WebVTT segments beside MPEG-TS. */
const SEGMENT = /_(video|audio|subtitles|iframe|image)_\d+(_\w+)?\.(mp4|vtt|jpg)$|_\d+_\d+\.vtt$/

/** The files of an asset by what they are for. `manifestKey` is that of its job. */
export function mainFiles(files: readonly AssetFile[], manifestKey: string): MainFiles {
  const manifest = files.find(({ key }) => key === manifestKey)
  const isHls = manifestKey.endsWith('.m3u8')
  const folder = manifestKey.slice(0, manifestKey.lastIndexOf('/') + 1)
  const downloads = files.filter(({ key }) => {
    if (!FILES.test(key) || key.slice(folder.length).includes('/')) return false
    return !SEGMENT.test(key)
  })
  const report = files.find(({ key }) => /(^|[/_])harvest\.json$/.test(key))
  const movie = downloads.find(({ key }) => key.endsWith('.mp4')) ?? downloads.find(({ key }) => key.endsWith('.m4a'))
  const played = movie
    ? { kind: 'file' as const, file: movie }
    : isHls && manifest && { kind: 'HLS' as const, file: manifest }
  return { downloads, ...(played && { played }), ...(report && { report }) }
}

export const fileName = (key: string): string => key.slice(key.lastIndexOf('/') + 1)
