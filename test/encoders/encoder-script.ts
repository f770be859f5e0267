import fc from 'fast-check'
import { FRAME_RATES, type FrameRate, SAMPLE_RATES, type SampleRate } from './source-units.ts'

/** Everything that one encoder does, from which its life follows. */
export type EncoderScript = {
  readonly video: { readonly variants: 1 | 2; readonly rate: FrameRate; readonly rhythm: Rhythm }
  readonly sound: {
    readonly place: SoundPlace
    readonly renditions: 1 | 2
    readonly container: 'mpeg-ts' | 'packed-audio'
    readonly rate: SampleRate
    /** Ticks after the first picture. */
    readonly offset: number
    readonly framesInPes: number
  }
  /** Of each stream, over and over: how long its segments are, in hundredths of a second. */
  readonly cuts: readonly (readonly number[])[]
  readonly told: Told
  readonly names: keyof typeof NAMES
  readonly dialect: keyof typeof DIALECTS
  readonly tables: TablePlace
  readonly isDated: boolean
  /** The playlist that lists a segment comes before its PUT. */
  readonly listsFirst: boolean
  /** How many segments a playlist lists; all where that is 0. */
  readonly listed: number
  /** Of each segment of a stream, over and over: how late it is put. */
  readonly lateMs: readonly number[]
  /** First timestamp. */
  readonly base: number
  /** Seconds of an output segment. */
  readonly segmentSeconds: 2 | 4 | 6
  /** Somebody watches from the beginning, and not from the end only. */
  readonly isWatched: boolean
  readonly parts: readonly Part[]
}

/** What lies between two restarts; `restart` says how it begins where it is not the first. */
export type Part = { readonly seconds: number; readonly restart: Restart }

export type Restart = {
  readonly pauseMs: number
  readonly names: 'go on' | 'again' | 'other'
  readonly timestamps: 'from zero' | 'by the clock' | 'later'
  /** EXT-X-DISCONTINUITY stands before the first segment; a playlist that begins anew has none. */
  readonly isMarked: boolean
}

/** Pictures come at a steady rate, or so many times the shortest interval one after the other. */
export type Rhythm = 'steady' | readonly number[]
type SoundPlace = 'muxed' | 'renditions' | 'muxed main'
type Told = 'exactly' | 'to the millisecond' | 'rounded' | number
export type TablePlace = 'first' | 'middle' | 'last'

/** A file as a request's path has it, as a playlist in the encoder's own folder does, and as one beside it does. */
type FileNaming = (name: string) => { readonly path: string; readonly uri: string; readonly beside?: string }

/** How encoders name their files. */
export const NAMES = {
  plain: (name) => ({ path: name, uri: name }),
  colon: (name) => ({ path: `12:30:${name}`, uri: `12:30:${name}` }),
  blank: (name) => ({ path: `a%20b%20${name}`, uri: `a b ${name}` }),
  umlaut: (name) => ({ path: `%C3%BCber-${name}`, uri: `über-${name}` }),
  brackets: (name) => ({ path: `x,(1)%5B2%5D%25${name}`, uri: `x,(1)[2]%25${name}` }),
  query: (name) => ({ path: name, uri: `${name}?token=a/b&c=${name.length}` }),
  dot: (name) => ({ path: name, uri: `./${name}` }),
  folder: (name) => ({ path: `low/${name}`, uri: `low/${name}`, beside: name }),
} satisfies Record<string, FileNaming>

const SECOND_LINE = /^(#EXTM3U.*\n)/

/** What encoders do to the text of a playlist. */
export const DIALECTS = {
  plain: (text) => text,
  'blank behind colon': (text) => text.replace(/^(#EXT[A-Z0-9-]*):/gm, '$1: '),
  'carriage returns': (text) => text.replaceAll('\n', '\r\n'),
  'odd tags': (text) => {
    const odd = '#EXT-X-PLAYLIST-TYPE:LIVE\n#EXT-X-ALLOW-CACHE:MAYBE\n#EXT-X-ENCODER-SAYS\n# a note\n\n'
    return text.includes('#EXTINF') ? text.replace(SECOND_LINE, `$1${odd}`) : text
  },
  'late tags': (text) => {
    const late = /^#EXT-X-DISCONTINUITY-SEQUENCE:.*\n/m.exec(text)?.[0]
    return late === undefined ? text : `${text.replace(late, '')}${late}`
  },
  'odd attributes': (text) => text.replaceAll(/RESOLUTION=(\w+)/g, 'FRAME-RATE=25/1,RESOLUTION="$1"'),
  'odd dates': (text) => text.replaceAll(/(?<=DATE-TIME:.*)T(?=\d\d:)/g, ' '),
} satisfies Record<string, (text: string) => string>

const cut = fc.array(fc.integer({ min: 60, max: 400 }), { minLength: 1, maxLength: 3 })

const restart = fc.record<Restart>({
  pauseMs: fc.integer({ min: 200, max: 15_000 }),
  names: fc.constantFrom('go on', 'again', 'other'),
  timestamps: fc.constantFrom('from zero', 'by the clock', 'later'),
  isMarked: fc.boolean(),
})

const rhythm = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Rhythm>('steady') },
  // A variable rate.
  { weight: 2, arbitrary: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 7 }) },
  // Slides.
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 10, max: 60 }), { minLength: 1, maxLength: 5 }) },
)

/**
 * An encoder that lists a segment before it puts it, and begins again under the same names and numbers, cannot be told
 * from one that repeats a PUT until its playlist goes back.
 */
const isTelling = ({ listsFirst, parts }: EncoderScript) => {
  return !listsFirst || parts.every(({ restart: { names } }) => names !== 'again')
}

/** Any encoder; simple ones first, so that one that fails is made as simple as it can be. */
const anyEncoder = fc.record<EncoderScript>({
  video: fc.record({ variants: fc.constantFrom(1, 2), rate: fc.constantFrom(...FRAME_RATES), rhythm }),
  sound: fc.record({
    place: fc.constantFrom<SoundPlace[]>('muxed', 'renditions', 'muxed main'),
    renditions: fc.constantFrom(1, 2),
    container: fc.constantFrom('mpeg-ts', 'packed-audio'),
    rate: fc.constantFrom(...SAMPLE_RATES),
    offset: fc.integer({ min: 0, max: 4000 }),
    framesInPes: fc.integer({ min: 1, max: 6 }),
  }),
  cuts: fc.array(cut, { minLength: 1, maxLength: 4 }),
  told: fc.constantFrom<Told[]>('exactly', 'to the millisecond', 'rounded', 0, 0.5, 1.3, 3),
  names: fc.constantFrom(...(Object.keys(NAMES) as (keyof typeof NAMES)[])),
  dialect: fc.constantFrom(...(Object.keys(DIALECTS) as (keyof typeof DIALECTS)[])),
  tables: fc.constantFrom<TablePlace[]>('first', 'middle', 'last'),
  isDated: fc.boolean(),
  listsFirst: fc.boolean(),
  listed: fc.constantFrom(0, 3, 5),
  lateMs: fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 4 }),
  base: fc.oneof(fc.constantFrom(0, 126_000, 2 ** 33 - 450_000), fc.integer({ min: 0, max: 2 ** 33 - 1 })),
  segmentSeconds: fc.constantFrom(2, 4, 6),
  isWatched: fc.boolean(),
  parts: fc.array(fc.record({ seconds: fc.integer({ min: 6, max: 16 }), restart }), { minLength: 1, maxLength: 3 }),
})

/** Any encoder that can be understood. */
export const encoderScript = anyEncoder.filter(isTelling)
