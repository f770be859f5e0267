import type { HarvestReport } from '../../../src/control/harvest-operations.ts'
import { holds, type Span } from '../timeline/model/span.ts'

/** What a job makes of its window, as the API names it. */
export type Kind = NonNullable<HarvestReport['deliverables']>[number]['kind']

/** What somebody has chosen for harvest jobs: the draft of a form. */
export type HarvestForm = {
  readonly bucketName: string
  /** The key of the manifest without its ending; it may have patterns. */
  readonly path: string
  readonly roleArn: string
  /** Without one, what the endpoint serves is made. */
  readonly kinds: readonly Kind[]
  readonly renditions: 'BEST' | 'ALL'
  readonly chapters: 'NONE' | 'ID3' | 'SCTE35'
  readonly isSprite: boolean
  /** One more still, at the playhead. */
  readonly isStillAtPlayhead: boolean
  readonly cut: 'SEGMENT' | 'FRAME' | 'FRAME_EXACT'
  readonly gapPolicy: 'DISCONTINUITY' | 'CLAMP' | 'FAIL'
  readonly earlyEndPolicy: 'CLAMP' | 'FAIL'
  readonly encryption: 'AS_SERVED' | 'NONE'
}

export const FIRST_FORM: HarvestForm = {
  bucketName: '',
  path: 'clips/{channel}/{start:yyyy-MM-dd}/{id}/index',
  roleArn: 'arn:aws:iam::000000000000:role/harvest',
  kinds: ['MP4'],
  renditions: 'BEST',
  chapters: 'NONE',
  isSprite: false,
  isStillAtPlayhead: false,
  cut: 'FRAME',
  gapPolicy: 'DISCONTINUITY',
  earlyEndPolicy: 'CLAMP',
  encryption: 'AS_SERVED',
}

/** Of keys; presentations first, then in the order in which keys are named. */
const ENDINGS: Readonly<Record<Kind, string>> = {
  HLS: '.m3u8',
  CMAF: '.m3u8',
  DASH: '.mpd',
  MSS: '.ism/Manifest',
  MP4: '.mp4',
  AUDIO: '.m4a',
  SUBTITLES: '.vtt',
  STILLS: '.jpg',
  METADATA: '.json',
}

export const KINDS = Object.keys(ENDINGS) as readonly Kind[]

/**
 * What the key of a job's manifest ends in: as a presentation does, if there is any, or else the first thing that is
 * made.
 */
export function endingFor(kinds: readonly Kind[], ownKind: Kind): string {
  const made = KINDS.find((kind) => kinds.includes(kind))
  return ENDINGS[made ?? ownKind]
}

export type JobAsked = {
  readonly form: HarvestForm
  readonly id?: string
  readonly endpoint: { readonly id: string; readonly ownKind: Kind; readonly isEncrypted: boolean }
  /** One or more, in the order in which the asset shows them. */
  readonly ranges: readonly Span[]
  readonly playhead?: number
}

/** The body of CreateHarvestJob, and of its preflight. */
export function jobRequest({ form, id, endpoint, ranges, playhead }: JobAsked) {
  const written = ranges.map(({ start, end }) => ({ startTime: iso(start), endTime: iso(end) }))
  const [only] = written
  const { bucketName, roleArn, cut, gapPolicy, earlyEndPolicy, encryption } = form
  return {
    ...(id !== undefined && { id }),
    originEndpointId: endpoint.id,
    ...(written.length === 1 ? only : { ranges: written }),
    s3Destination: { bucketName, manifestKey: form.path + endingFor(form.kinds, endpoint.ownKind), roleArn },
    ...(form.kinds.length > 0 && { deliverables: deliverablesOf(form, ranges, playhead) }),
    cut,
    gapPolicy,
    earlyEndPolicy,
    ...(endpoint.isEncrypted && { encryption }),
    report: true,
  }
}

function deliverablesOf(form: HarvestForm, ranges: readonly Span[], playhead: number | undefined) {
  return KINDS.filter((kind) => form.kinds.includes(kind)).map((kind) => {
    const chapters = form.chapters === 'NONE' ? {} : { chapters: form.chapters }
    if (kind === 'MP4') return { kind, renditions: form.renditions, ...chapters }
    if (kind === 'AUDIO') return { kind, ...chapters }
    if (kind !== 'STILLS') return { kind }
    const isWithin = playhead !== undefined && ranges.some((range) => holds(range, playhead))
    const times = form.isStillAtPlayhead && isWithin ? { times: [iso(playhead)] } : {}
    return { kind, poster: true, ...(form.isSprite && { sprite: true }), ...times }
  })
}

const iso = (moment: number) => new Date(moment).toISOString()

/** An id for a job that nobody named: `clip-20260131-201500-3f9a`. `random` is from 0 to 1. */
export function newJobId(now: number, random: number): string {
  const [day = '', time = ''] = iso(now).replaceAll(/[-:]/g, '').split(/[T.]/)
  const tail = Math.floor(random * 0x10000)
    .toString(16)
    .padStart(4, '0')
  return `clip-${day}-${time}-${tail}`
}

/** A window that would work in place of the one that was asked for; `range` is its index among several. */
export type NearestWindow = Span & { readonly range?: number }

/** The nearest window that works, where a refusal names one in its message. */
export function nearestInMessage(message: string): NearestWindow | undefined {
  const [, from, to] = /nearest window that works is (\d[-:.\dT]{18,23}Z) to (\d[-:.\dT]{18,23}Z)/.exec(message) ?? []
  if (from === undefined || to === undefined) return undefined
  return { start: Date.parse(from), end: Date.parse(to), ...rangeInMessage(message) }
}

/** The index of the range that a message is about, where there are several. */
export function rangeInMessage(message: string): Pick<NearestWindow, 'range'> {
  const range = /\branges\[(\d{1,3})\]/.exec(message)?.[1]
  return range === undefined ? {} : { range: Number(range) }
}
