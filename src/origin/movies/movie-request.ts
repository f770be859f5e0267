import type { UtcRange } from '../../media/time.ts'
import { CHAPTER_ORIGINS, type ChapterOrigin } from '../../model/deliverable.ts'
import type { OriginEndpoint } from '../../model/origin-endpoint.ts'
import { quoteValue, refuse } from '../../model/rules.ts'
import { viewingWindow } from '../../model/viewing-window.ts'
import type { PathTimes } from '../../packaging/output-format.ts'
import { splitTimes } from '../../packaging/time-shift.ts'
import { actingParameters } from '../manifests/query.ts'

/** A window of an endpoint as one MP4 file. */
export type MovieOrder = {
  readonly endpoint: OriginEndpoint
  readonly span: UtcRange
  /** True when the file shows nothing outside the window, to the frame; otherwise it has whole segments. */
  readonly isCut: boolean
  /** What its chapters are made of; absent: it has none. */
  readonly chapters?: ChapterOrigin
}

const ACTING = ['start', 'end', 'cut', 'chapters', 'aws.manifestfilter', 'aws.drmsettings']
const CUTS = ['segment', 'frame']

/** The window in a path that names an MP4 file, as that of a manifest has it; undefined for other paths. */
export function movieTimes({ manifestName, packaging }: OriginEndpoint, path: string): PathTimes | undefined {
  const { times, rest } = splitTimes(path)
  const names = [manifestName, ...packaging.manifests.map(({ name }) => name)]
  return names.some((name) => rest === `${name}.mp4`) ? times : undefined
}

/** Reads the window and the options of a file. Throws RuleViolation, with a sentence for the client. */
export function parseMovieQuery(
  times: PathTimes,
  queryString: string,
): Pick<MovieOrder, 'span' | 'isCut' | 'chapters'> {
  const given = actingParameters(queryString, ACTING)
  for (const name of ['aws.manifestfilter', 'aws.drmsettings']) {
    if (given.has(name)) refuse(name, 'applies to parent manifests only')
  }
  for (const name of ['start', 'end']) if (given.has(name) && times.depth > 0) refuse(name, 'is already in the path')
  const [start, end] = [given.get('start') ?? times.start, given.get('end') ?? times.end]
  const cut = given.get('cut')?.toLowerCase() ?? 'segment'
  if (!CUTS.includes(cut)) refuse('cut', `must be ${CUTS.join(' or ')}, got ${quoteValue(given.get('cut') ?? '')}`)
  const asked = given.get('chapters')
  const chapters = CHAPTER_ORIGINS.find((origin) => origin === asked?.toUpperCase())
  if (asked !== undefined && !chapters) refuse('chapters', `must be id3 or scte35, got ${quoteValue(asked)}`)
  const window = viewingWindow(start, end)
  if (!window) refuse('start', 'must be given: a file has the window start=<time>&end=<time>')
  if (window.end === undefined) refuse('end', 'must be given: a file has the window start=<time>&end=<time>')
  const span = { start: window.start, end: window.end }
  return { span, isCut: cut === 'frame', ...(chapters && { chapters }) }
}
