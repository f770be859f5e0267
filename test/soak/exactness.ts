import { join } from 'node:path'
import { type FixtureName, fixture } from '../fixtures/catalogue.ts'
import { harvested } from '../judges/aws.ts'
import { greyPictures } from '../judges/grey-pictures.ts'
import { startNginx } from '../judges/nginx.ts'
import type { Edges } from '../judges/playback.ts'
import { type Engine, Player } from '../judges/player.ts'
import { type Random, seededRandom } from '../judges/random.ts'
import { type Picture, type Shown, shownBy, soundOffset } from '../judges/shown.ts'
import { Windrow } from '../judges/windrow.ts'
import { publishFixture } from '../matrix/push-fixture.ts'
import type { SoakContext } from '../soak-plan.ts'

export const name = 'exactness'

/**
 * Each with whether Chromium decodes it from any key frame: of open groups in which other pictures refer to B-frames,
 * it does not, because the first of them frees pictures that are not there.
 */
const STREAMS: readonly {
  readonly fixture: FixtureName
  readonly isForBrowsers: boolean
  /** True where it is for them when its pictures are encoded anew at the edges; absent where they cannot be. */
  readonly isForBrowsersExactly?: boolean
  /** True where pictures in front of a key frame need those before it: a clip that begins with them lacks them. */
  readonly isOpen?: true
}[] = [
  { fixture: 'h264-aac', isForBrowsers: true, isForBrowsersExactly: true },
  { fixture: 'b-pyramid-open-gop', isForBrowsers: false, isForBrowsersExactly: true, isOpen: true },
  { fixture: 'ntsc-rate', isForBrowsers: true, isForBrowsersExactly: true },
  { fixture: 'interlaced-frames', isForBrowsers: true, isForBrowsersExactly: true },
  { fixture: 'aac-44100', isForBrowsers: true, isForBrowsersExactly: true },
  { fixture: 'hevc-open-gop', isForBrowsers: false, isForBrowsersExactly: false, isOpen: true },
  { fixture: 'ac3-surround', isForBrowsers: false, isForBrowsersExactly: false },
]
/** Clips of each stream, each of an in and an out point; every fifth is shown in browsers, too. */
const CLIPS = 30
const SHOWN_IN_BROWSERS = 5
const BUCKET = 'clips'
const SIZE = { width: 160, height: 90 }

const WATCHED: readonly { readonly engine: Engine; readonly file: string }[] = [
  { engine: 'browser', file: 'clip.mp4' },
  { engine: 'hls.js', file: 'clip.m3u8' },
  { engine: 'shaka', file: 'clip.m3u8' },
  { engine: 'hls.js', file: 'clip-cmaf.m3u8' },
  { engine: 'shaka', file: 'clip-cmaf.m3u8' },
  { engine: 'shaka', file: 'clip.mpd' },
  { engine: 'dash.js', file: 'clip.mpd' },
]

const WATCHED_EXACTLY: typeof WATCHED = [
  { engine: 'browser', file: 'clip.mp4' },
  { engine: 'hls.js', file: 'clip.m3u8' },
  { engine: 'shaka', file: 'clip.m3u8' },
  { engine: 'shaka', file: 'clip.mpd' },
  { engine: 'dash.js', file: 'clip.mpd' },
]

/** Pictures by which what is shown differs from what was asked for; later is positive. */
type Off = { readonly clip: string; readonly first: number; readonly last: number }

/**
 * Random in and out points: the first and the last picture that players show, beside those asked for; ffmpeg judges the
 * sound of MP4 by its samples. Throws when any leaves something out, or shows more than its format must.
 */
export async function run({ seed, log, runs }: SoakContext): Promise<Record<string, string | number>> {
  const random = seededRandom(seed)
  const windrow = await Windrow.start({ environment: { WINDROW_MAX_HARVEST_JOBS: '1000' } })
  const files = await startNginx(`root ${windrow.bucketFolder(BUCKET)}; add_header Access-Control-Allow-Origin *;`)
  const player = await Player.start()
  const offs = new Map<string, Off[]>()
  const lates: number[] = []
  const note = (who: string, off: Off) => offs.set(who, [...(offs.get(who) ?? []), off])
  const chosen = process.env['WINDROW_EXACTNESS']?.split(',')
  try {
    for (const stream of STREAMS.filter(({ fixture }) => chosen?.includes(fixture) ?? true)) {
      const source = await openSource(windrow, stream.fixture)
      for (let n = 0; n < CLIPS * runs; n++) {
        const wanted = randomClip(random, source.shown.pictures, stream.isOpen)
        const id = `${stream.fixture}-${n}-${wanted.first}-${wanted.end}`
        const folder = await harvest(windrow, source, id, wanted)
        const clip = await shownBy(join(folder, 'clip.mp4'))
        const { pictures } = source.shown
        const ends = [clip.pictures[0], clip.pictures.at(-1)].map((picture) => placeOf(picture, pictures))
        note('mp4, ffmpeg', { clip: id, ...offOf(wanted, ...(ends as [number, number])) })
        const sound = soundOffset(clip, source.shown, pictures[wanted.first]!.time)
        if (sound) lates.push(sound.late)
        const isWatched = n % SHOWN_IN_BROWSERS === 0
        const watch = async (name: string, { engine, file }: (typeof WATCHED)[number], how = '') => {
          const edges = await player.edges(engine, `${files.url}/${name}/${file}`, SIZE)
          const off = { clip: name, ...offOf(wanted, ...nearest(edges, source.greys)) }
          note(`${how}${file.replace(/^clip[.-]/, '')}, ${engine}`, off)
        }
        if (stream.isForBrowsers && isWatched) for (const each of WATCHED) await watch(id, each)
        if (stream.isForBrowsersExactly === undefined) continue
        const exact = await shownExactly(windrow, source, id, wanted)
        note('exact mp4, ffmpeg', { clip: id, ...exact.off })
        if (exact.late !== undefined) lates.push(exact.late)
        if (stream.isForBrowsersExactly && isWatched)
          for (const each of WATCHED_EXACTLY) await watch(exact.id, each, 'exact ')
      }
      log(`${stream.fixture}: ${CLIPS * runs} clips`)
    }
  } finally {
    await player.stop()
    await files.stop()
    await windrow.stop()
  }
  return report(offs, lates, log)
}

/** Pictures of a group: without its key frame, none of it can be shown. */
const GROUP = 60

/**
 * Pictures of the tenth of a second by which shaka-player goes beyond the end of a Period; and those before the end
 * that are lost where another one behind it has to be decoded first, which Media Source Extensions drop.
 */
const BEYOND = 3

/**
 * What each may be off by: an MP4 file by nothing; DASH begins with the key frame before the picture asked for, and HLS
 * as its players begin. What pictures before the end need of those behind it is shown too, or left out with them by
 * players that drop what lies beyond the end they are told.
 */
const EXACT = { first: 0, last: 0 }
/** shaka-player places pictures of HLS by when they are decoded, and leaves out what comes too late at the end. */
const EXACT_BUT_LATE = { ...EXACT, lacks: BEYOND }
const ALLOWED: Readonly<Record<string, { readonly first: number; readonly last: number; readonly lacks?: number }>> = {
  mp4: { first: 0, last: 0 },
  'mpd, dash.js': { first: GROUP, last: 0, lacks: BEYOND },
  'mpd, shaka': { first: GROUP, last: BEYOND },
  m3u8: { first: GROUP, last: BEYOND },
  'cmaf.m3u8': { first: GROUP, last: BEYOND },
}

function report(
  offs: ReadonlyMap<string, readonly Off[]>,
  lates: readonly number[],
  log: (line: string) => void,
): Record<string, string | number> {
  const figures: Record<string, string | number> = {}
  const faults: string[] = []
  for (const [who, all] of offs) {
    const exactly = who === 'exact m3u8, shaka' ? EXACT_BUT_LATE : EXACT
    const allowed = who.startsWith('exact ') ? exactly : (ALLOWED[who] ?? ALLOWED[who.replace(/,.*/, '')])!
    const { first: early, last: late, lacks = 0 }: (typeof ALLOWED)[string] = allowed
    for (const edge of ['first', 'last'] as const) {
      const values = all.map((off) => off[edge])
      const exact = values.filter((value) => value === 0).length
      const line = `${exact} of ${all.length} exact, ${Math.min(...values)} to ${Math.max(...values)} pictures off`
      figures[`${who}, ${edge} picture`] = line
      log(`${who}, ${edge} picture: ${line}`)
    }
    const isWrong = ({ first, last }: Off) => first > 0 || first < -early || last < -lacks || last > late
    const wrong = all.filter(isWrong)
    if (wrong.length > 0)
      faults.push(`${who}: ${wrong.length} clips of ${all.length}, such as ${JSON.stringify(wrong[0])}`)
  }
  const worst = Math.max(...lates.map(Math.abs))
  figures['sound of MP4, samples off at most'] = worst
  if (!(worst <= 2)) faults.push(`sound is ${worst} samples off`)
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return figures
}

type Source = {
  readonly name: FixtureName
  readonly begin: number
  readonly shown: Shown
  /** Each picture in grey values. */
  readonly greys: readonly Buffer[]
}

async function openSource(windrow: Windrow, name: FixtureName): Promise<Source> {
  const made = await fixture(name)
  const begin = await publishFixture(windrow, made, name)
  const bytes = Buffer.concat(made.streams[0]!.segments.map((segment) => segment.bytes))
  const shown = await shownBy(bytes, '-copyts')
  return { name, begin, shown, greys: await greyPictures('pipe:0', SIZE, [bytes]) }
}

const EXACT_KINDS = [{ kind: 'CMAF' }, { kind: 'DASH' }, { kind: 'MP4' }]

/** A clip whose pictures are encoded anew at its edges, and how ffmpeg shows its MP4 file. */
async function shownExactly(windrow: Windrow, source: Source, inexact: string, wanted: Clip) {
  const id = `${inexact}-exact`
  const folder = await harvest(windrow, source, id, wanted, { deliverables: EXACT_KINDS, cut: 'FRAME_EXACT' })
  const file = join(folder, 'clip.mp4')
  const clip = await shownBy(file)
  const greys = await greyPictures(file, SIZE)
  const places = nearest({ first: { values: greys[0]! }, last: { values: greys.at(-1)! } }, source.greys)
  if (clip.pictures.length !== wanted.end - wanted.first) throw new Error(`${id} has ${clip.pictures.length} pictures`)
  const late = soundOffset(clip, source.shown, source.shown.pictures[wanted.first]!.time)?.late
  return { id, off: offOf(wanted, ...places), late }
}

const INEXACTLY = { deliverables: [{ kind: 'HLS' }, ...EXACT_KINDS], cut: 'FRAME' } as const

/** Gives the folder. */
function harvest(
  windrow: Windrow,
  { name: originEndpointId, begin, shown }: Source,
  id: string,
  wanted: Clip,
  { deliverables, cut }: Pick<Parameters<typeof harvested>[1], 'deliverables' | 'cut'> = INEXACTLY,
) {
  const { pictures } = shown
  const dateOf = (n: number) => begin + Math.round((pictures[n]!.time - pictures[0]!.time) * 1000)
  const window = { start: dateOf(wanted.first), end: dateOf(wanted.end) }
  return harvested(windrow, {
    id,
    originEndpointId,
    ...window,
    file: 'clip.m3u8',
    deliverables,
    ...(cut && { cut }),
  })
}

/** From the picture `first` up to but not including `end`. */
type Clip = { readonly first: number; readonly end: number }

/** Of streams with open groups: the pictures of a group, and the most in front of its key frame. */
const OPEN = { group: 50, leading: 4 }

function randomClip(random: Random, pictures: readonly Picture[], isOpen = false): Clip {
  const first = random.integer(1, pictures.length - 40)
  if (isOpen && first % OPEN.group >= OPEN.group - OPEN.leading) return randomClip(random, pictures, isOpen)
  return { first, end: random.integer(first + 5, pictures.length - 20) }
}

function offOf({ first, end }: Clip, shownFirst: number, shownLast: number): Omit<Off, 'clip'> {
  return { first: shownFirst - first, last: shownLast - (end - 1) }
}

function placeOf(picture: Picture | undefined, pictures: readonly Picture[]): number {
  return pictures.findIndex(({ hash }) => hash === picture?.hash)
}

type Grey = { readonly values: readonly number[] | Uint8Array }

/** The places of the pictures that are most like those shown. */
function nearest({ first, last }: Readonly<Record<keyof Edges, Grey>>, greys: readonly Buffer[]): [number, number] {
  const place = ({ values }: Grey) => {
    const distances = greys.map((grey) => grey.reduce((sum, value, at) => sum + Math.abs(value - values[at]!), 0))
    return distances.indexOf(Math.min(...distances))
  }
  return [place(first), place(last)]
}
