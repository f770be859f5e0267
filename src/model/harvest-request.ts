import { isoDateTime, ONE_DAY_MS, type UtcMs, type UtcRange, utcMs } from '../media/time.ts'
import { type Deliverable, endingOf, isPresentation, namedDeliverables } from './deliverable.ts'
import type { HarvestFailure } from './harvest-failure.ts'
import {
  fileOfKey,
  folderOfKey,
  type HarvestOptions,
  type JobMaker,
  kindsOf,
  type S3Destination,
} from './harvest-job.ts'
import type { OriginEndpoint } from './origin-endpoint.ts'
import { checkedRoleArn, matching, quoteValue, refuse } from './rules.ts'

/** What schedules may ask for: a day of 25 hours, and what overlaps. */
export const LONGEST_SCHEDULED_MS = 26 * 3_600_000

/** The longest window that a job may have, of a schedule, of a rule or of a client. */
export function longestWindowMs({ scheduleId, ruleId }: JobMaker): number {
  return scheduleId === undefined && ruleId === undefined ? ONE_DAY_MS : LONGEST_SCHEDULED_MS
}
const MOST_AHEAD_MS = 30 * ONE_DAY_MS

/**
 * Throws RuleViolation unless the endpoint can be harvested. Every kind of manifest can; MediaPackage harvests HLS
 * and DASH only. What violates a rule is named with the path of the member that it is in, if any: `ranges[1].`.
 */
export function checkHarvestable(endpoint: OriginEndpoint, within = ''): void {
  if (endpoint.packaging.manifests.length === 0) {
    refuse(`${within}originEndpointId`, `${endpoint.id} has no HLS manifest, so there is nothing to harvest`)
  }
  if (endpoint.startoverWindowSeconds === 0) {
    refuse(`${within}originEndpointId`, `${endpoint.id} has no startover window, which harvesting needs`)
  }
}

/**
 * Throws RuleViolation for a window that no job can have. A start before the startover window is left to the job,
 * because the window moves on until it runs. `usable` is the range that can be harvested now.
 */
export function checkHarvestWindow(
  { start, end }: UtcRange,
  usable: UtcRange,
  endpoint: OriginEndpoint,
  { longestMs, within = '' }: { readonly longestMs: number; readonly within?: string },
): void {
  const length = end - start
  if (length <= 0) refuse(`${within}endTime`, 'must be after startTime')
  const startover = endpoint.startoverWindowSeconds * 1000
  const most = Math.min(longestMs, startover)
  const shorter = () => nearestText(nearestWindow({ start: utcMs(end - most), end }, usable))
  if (length > longestMs)
    refuse(`${within}endTime`, `must be at most ${longestMs / 3_600_000} hours after startTime; ${shorter()}`)
  if (length > startover) {
    const limit = `${endpoint.startoverWindowSeconds} s (the startover window)`
    refuse(`${within}endTime`, `must be at most ${limit} after startTime; ${shorter()}`)
  }
}

/** Throws RuleViolation for an end in the future: MediaPackage harvests only the past. */
export function checkHarvestEnd({ start, end }: UtcRange, usable: UtcRange, now: UtcMs, within = ''): void {
  if (end <= now) return
  refuse(`${within}endTime`, `must not be in the future; ${nearestText(nearestWindow({ start, end }, usable))}`)
}

/** Time left to ask for a window that an error has named, while the startover window moves on. */
const TO_ASK_MS = 10_000

/** The range that a job created in a moment can have: the startover window, as far as there is content. */
export function usableSpan(extent: UtcRange, { startoverWindowSeconds }: OriginEndpoint): UtcRange {
  const startover = startoverWindowSeconds * 1000
  const start = extent.end - startover + Math.min(TO_ASK_MS, startover / 10)
  return { start: utcMs(Math.max(extent.start, start)), end: extent.end }
}

/** Why nothing can be harvested up to a moment that is before what is usable of the content. */
export function lateFailure(moment: UtcMs, content: UtcRange, endpoint: OriginEndpoint): HarvestFailure {
  const { start } = usableSpan(content, endpoint)
  if (moment <= content.start && content.start === start) {
    return { code: 'BeforeContent', message: `There is no content before ${isoDateTime(content.start)}.` }
  }
  const length = `The startover window of ${endpoint.startoverWindowSeconds} s`
  return { code: 'BeforeStartoverWindow', message: `${length} had moved on to ${isoDateTime(start)}.` }
}

/** The window nearest to `span` within `usable`, as long as `span` if `usable` allows it. */
export function nearestWindow(span: UtcRange, usable: UtcRange): UtcRange {
  const length = span.end - span.start
  const start = Math.max(usable.start, Math.min(span.start, usable.end - length))
  const end = Math.min(start + length, usable.end)
  return { start: utcMs(start), end: utcMs(end) }
}

export function nearestText({ start, end }: UtcRange): string {
  return `the nearest window that works is ${isoDateTime(start)} to ${isoDateTime(end)}`
}

/**
 * Throws RuleViolation for a start too far ahead. A job may begin later than now, but not so late that it is
 * forgotten.
 */
export function checkHarvestStart(start: UtcMs, now: UtcMs): void {
  if (start > now + MOST_AHEAD_MS) refuse('startTime', 'must be at most 30 days ahead')
}

const ISO_8601 = /^(\d{4}-\d\d-(\d\d)T\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?(Z|[+-]\d\d:?\d\d)$/i

/**
 * Reads ISO 8601 with `Z` or an offset, or seconds since 1970, either with a fraction, of which milliseconds count.
 * Throws RuleViolation.
 */
export function parsedInstant(path: string, text: string): UtcMs {
  const [, seconds, part = ''] = /^(\d{1,11})(?:\.(\d+))?$/.exec(text) ?? []
  if (seconds !== undefined) return utcMs(Number(seconds + milliseconds(part)))
  if (/^\d{12,14}$/.test(text)) refuse(path, `must be in seconds; ${text} looks like milliseconds`)
  const [, minute, day, second = '00', fraction = '', offset = ''] = ISO_8601.exec(text) ?? []
  const local = `${minute}:${second}.${milliseconds(fraction)}`
  const instant = Date.parse(local + offset.toUpperCase().replace(/^(...)(\d\d)$/, '$1:$2'))
  // Date would carry a day that its month does not have over to the next month.
  if (Number.isNaN(instant) || new Date(`${local}Z`).getUTCDate() !== Number(day)) {
    const form = 'a date and time with an offset, such as 2026-01-31T20:15:00Z, or seconds since 1970'
    refuse(path, `must be ${form}, got ${quoteValue(text)}`)
  }
  return utcMs(instant)
}

/** The first three digits of a fraction, filled up with zeros. */
function milliseconds(fraction: string): string {
  return fraction.slice(0, 3).padEnd(3, '0')
}

/**
 * Throws RuleViolation for an unusable destination. Bucket and key are checked by S3's rules, since they also become
 * names of folders and files.
 */
export function checkDestination(
  destination: S3Destination,
  endpoint: Pick<OriginEndpoint, 'manifestName' | 'packaging'>,
  deliverables?: readonly Deliverable[],
): void {
  checkBucketName('s3Destination.bucketName', destination.bucketName)
  const path = 's3Destination.manifestKey'
  checkKey(path, destination.manifestKey)
  if (deliverables) checkDeliverables(deliverables, destination.manifestKey, endpoint)
  else checkManifestKey(path, destination.manifestKey, endpoint)
  checkedRoleArn('s3Destination.roleArn', destination.roleArn)
}

/** Throws RuleViolation where a job is to be cut exactly, and makes something for which pictures are not encoded. */
export function checkCut(endpoint: Pick<OriginEndpoint, 'packaging'>, options?: HarvestOptions): void {
  if (options?.cut !== 'FRAME_EXACT') return
  const kinds = kindsOf({ endpoint, options })
  const inexact = kinds.find((kind) => kind === 'HLS' || kind === 'MSS')
  if (inexact) {
    refuse('cut', `must not be FRAME_EXACT where ${inexact} is made; ask for deliverables of kind CMAF, DASH or MP4`)
  }
  if (!kinds.some((kind) => EXACT_KINDS.includes(kind))) {
    refuse('cut', `must not be FRAME_EXACT without a deliverable of kind ${EXACT_KINDS.join(', ')}`)
  }
}

/** Kinds of deliverables that are cut exactly. */
const EXACT_KINDS: readonly string[] = ['CMAF', 'DASH', 'MP4']

function checkBucketName(path: string, name: string): void {
  const form = '3 to 63 lower-case letters, digits, "." or "-", beginning and ending with a letter or digit'
  matching(path, name, /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, form)
  if (/\.\.|\.-|-\./.test(name)) refuse(path, 'must not have "." next to "." or "-"')
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) refuse(path, 'must not look like an IP address')
  if (/^(xn--|sthree-)|(-s3alias|--ol-s3)$/.test(name))
    refuse(path, 'must not have a prefix or suffix that S3 reserves')
}

/** Pattern and description of the last part of a manifest's key. */
const MANIFEST_KEYS = {
  HLS: [/[^.]\.m3u8$/, 'a path that ends in the file name of an HLS manifest, <name>.m3u8'],
  DASH: [/[^.]\.mpd$/, 'a path that ends in the file name of a DASH manifest, <name>.mpd'],
  MSS: [/^Manifest$/, 'a path that ends in the name of a Smooth Streaming manifest, <name>.ism/Manifest'],
} as const

function checkKey(path: string, key: string): void {
  const bytes = new TextEncoder().encode(key).length
  if (bytes > 1024) refuse(path, `must be at most 1024 bytes of UTF-8, got ${bytes}`)
  if (/\p{Cc}/u.test(key)) refuse(path, 'must not contain control characters')
  const segments = key.split('/')
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    refuse(path, 'must not begin or end with "/", nor contain empty, "." or ".." segments')
  }
}

function checkManifestKey(
  path: string,
  key: string,
  { manifestName, packaging }: Pick<OriginEndpoint, 'manifestName' | 'packaging'>,
): void {
  const file = fileOfKey(key)
  const [form, description] = MANIFEST_KEYS[packaging.manifests[0]?.type ?? 'HLS']
  matching(path, file, form, description)
  checkNoChild(path, file, manifestName)
}

/** A key must not be the name of another file of the same asset. */
function checkNoChild(path: string, file: string, manifestName: string): void {
  if (file.startsWith(`${manifestName}_`) && /^(_\d+)+\.m3u8$/.test(file.slice(manifestName.length))) {
    refuse(path, `must not have the name of one of its own child manifests, got ${quoteValue(file)}`)
  }
}

/** More than anybody has use for. */
const MOST_DELIVERABLES = 20
/** Each is decoded by a program that has to be started. */
const MOST_STILLS = 100
/** A file name may have 255, and those of a deliverable's own files are longer than its name. */
const MOST_NAME_BYTES = 200
const NAME_FORM = '1 to 200 letters, digits, spaces, ".", "_", "-", "(" or ")", beginning with a letter or digit'

/** Throws RuleViolation unless these deliverables can have their places beside the key, each a name of its own. */
function checkDeliverables(
  deliverables: readonly Deliverable[],
  key: string,
  { manifestName }: Pick<OriginEndpoint, 'manifestName'>,
): void {
  if (deliverables.length === 0) refuse('deliverables', 'must not be empty')
  if (deliverables.length > MOST_DELIVERABLES) {
    refuse('deliverables', `must be at most ${MOST_DELIVERABLES}, got ${deliverables.length}`)
  }
  for (const [i, deliverable] of deliverables.entries()) {
    const { name } = deliverable
    const { times = [] } = deliverable.kind === 'STILLS' ? deliverable : {}
    if (times.length > MOST_STILLS)
      refuse(`deliverables[${i}].times`, `must be at most ${MOST_STILLS}, got ${times.length}`)
    if ('chapters' in deliverable && !['MP4', 'AUDIO'].includes(deliverable.kind))
      refuse(`deliverables[${i}].chapters`, 'must be of a deliverable of kind MP4 or AUDIO')
    if (name !== undefined)
      matching(`deliverables[${i}].name`, name, /^[\p{L}\p{N}][\p{L}\p{N} ._()-]{0,199}$/u, NAME_FORM)
  }
  const file = fileOfKey(key)
  const named = namedDeliverables(deliverables, file)
  if (deliverables.every(({ name }) => name !== undefined)) {
    refuse('deliverables', 'must have one without a name, which has that of s3Destination.manifestKey')
  }
  if (!named) {
    const kinds = deliverables.filter(({ name }) => name === undefined)
    const wanted = (kinds.some(isPresentation) ? kinds.filter(isPresentation) : kinds).map(({ kind }) => endingOf(kind))
    const form = `a path that ends in ${[...new Set(wanted)].join(' or ')}, as one of the deliverables does`
    refuse('s3Destination.manifestKey', `must be ${form}, got ${quoteValue(key)}`)
  }
  checkNoChild('s3Destination.manifestKey', file, manifestName)
  const files = new Set<string>()
  for (const [i, { deliverable, file: own }] of named.entries()) {
    const { kind, name } = deliverable
    if (name !== undefined && isPresentation(deliverable)) {
      const others = deliverables.filter((each) => each.kind === kind).length
      if (others > 1) refuse(`deliverables[${i}]`, `must be the only one of kind ${kind}`)
    }
    if (files.has(own))
      refuse(`deliverables[${i}].name`, `must be another than that of the one before, ${quoteValue(own)}`)
    files.add(own)
    checkKey(`deliverables[${i}].name`, folderOfKey(key) + own)
    if (new TextEncoder().encode(own).length > MOST_NAME_BYTES)
      refuse(`deliverables[${i}].name`, 'is too long for a file')
  }
}
