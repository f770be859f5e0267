import type { UtcMs } from '../media/time.ts'

/** What a harvest job makes of its window, beside one another in one folder. */
export type Deliverable =
  | { readonly kind: PresentationKind; readonly name?: string }
  | {
      readonly kind: 'MP4'
      readonly name?: string
      readonly renditions?: 'BEST' | 'ALL'
      readonly chapters?: ChapterOrigin
    }
  | { readonly kind: 'AUDIO'; readonly name?: string; readonly chapters?: ChapterOrigin }
  | { readonly kind: 'SUBTITLES' | 'METADATA'; readonly name?: string }
  | {
      readonly kind: 'STILLS'
      readonly name?: string
      /** The first picture; also where nothing else is asked for. */
      readonly poster?: boolean
      /** Moments whose nearest key frames are made. */
      readonly times?: readonly UtcMs[]
      /** Many small pictures on one sheet, and a WebVTT map of it. */
      readonly sprite?: boolean
    }

/** What the chapters of a file are made of: the titles in timed ID3, or what SCTE 35 marks. */
export type ChapterOrigin = (typeof CHAPTER_ORIGINS)[number]

export const CHAPTER_ORIGINS = ['ID3', 'SCTE35'] as const

/** A manifest and its segments, in one of the formats in which endpoints serve them. */
export type PresentationKind = 'HLS' | 'CMAF' | 'DASH' | 'MSS'

export type DeliverableKind = Deliverable['kind']

const ENDINGS: Readonly<Record<DeliverableKind, string>> = {
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

/** What the key of a kind's main file ends in. */
export function endingOf(kind: DeliverableKind): string {
  return ENDINGS[kind]
}

export const DELIVERABLE_KINDS = Object.keys(ENDINGS) as readonly DeliverableKind[]

export function isPresentation(
  deliverable: Deliverable,
): deliverable is Extract<Deliverable, { kind: PresentationKind }> {
  return ['HLS', 'CMAF', 'DASH', 'MSS'].includes(deliverable.kind)
}

/** A deliverable, and the name of its main file relative to the folder of the job's key. */
export type NamedDeliverable = {
  readonly deliverable: Deliverable
  readonly file: string
  /** True for the one that has the job's key itself. */
  readonly isMain: boolean
}

/**
 * The names of the deliverables of a job. The first whose ending the file of the job's key has is the main one and has
 * that key; a presentation comes before all else. The others have the same stem and endings of their own, unless they
 * are named. Undefined when the key fits none of them.
 */
export function namedDeliverables(
  deliverables: readonly Deliverable[],
  keyFile: string,
): readonly NamedDeliverable[] | undefined {
  const fits = (each: Deliverable) => fitsKey(each.kind, keyFile) && isFreeOfName(each)
  const main = deliverables.find((each) => isPresentation(each) && fits(each)) ?? deliverables.find(fits)
  if (!main || (deliverables.some(isPresentation) && !isPresentation(main))) return undefined
  const stem = stemOf(main.kind, keyFile)
  const taken = new Set([keyFile])
  return deliverables.map((deliverable) => {
    if (deliverable === main) return { deliverable, file: keyFile, isMain: true }
    const ending = ENDINGS[deliverable.kind]
    const own = deliverable.name === undefined ? stem : withoutEnding(deliverable.name, ending)
    // Two HLS presentations would have one name.
    const isShared = deliverable.name === undefined && taken.has(own + ending)
    const base = isShared ? `${own}-${deliverable.kind.toLowerCase()}` : own
    let file = base + ending
    for (let count = 2; taken.has(file); count++) file = `${base}-${count}${ending}`
    taken.add(file)
    return { deliverable, file, isMain: false }
  })
}

const isFreeOfName = ({ name }: Deliverable) => name === undefined

function fitsKey(kind: DeliverableKind, keyFile: string): boolean {
  return kind === 'MSS' ? keyFile === 'Manifest' : keyFile.endsWith(ENDINGS[kind]) && keyFile !== ENDINGS[kind]
}

/** The name of a kind's main file without its ending. */
export function stemOf(kind: DeliverableKind, file: string): string {
  return kind === 'MSS' ? 'index' : withoutEnding(file, ENDINGS[kind])
}

function withoutEnding(name: string, ending: string): string {
  return name.endsWith(ending) ? name.slice(0, -ending.length) : name
}
