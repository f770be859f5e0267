import assert from 'node:assert/strict'
import { needing } from '../programs.ts'
import { IS_WHOLE, someOf } from '../whole.ts'
import type { EncoderScript } from './encoder-script.ts'
import { encodeAtRandom, encodeThrough } from './random-encoders.ts'
import { type SourceUnits, sourceUnits } from './source-units.ts'
import { Studio } from './studio.ts'

const { after, before, describe, it } = needing('ffmpeg')

const runs = Number(process.env['WINDROW_TEST_RUNS'] ?? (IS_WHOLE ? 12 : 6))
const seed = Number(process.env['WINDROW_TEST_SEED'] ?? 20_260_112)

describe('every access unit that an encoder puts', () => {
  it(`is listed once in every format, at its time, and harvested (${runs} lives, seed ${seed})`, async () => {
    assert.ok((await encodeAtRandom(seed, runs)) > runs)
  })
})

const PLAIN: EncoderScript = {
  video: { variants: 1, rate: '25', rhythm: 'steady' },
  sound: {
    place: 'renditions',
    renditions: 1,
    container: 'mpeg-ts',
    rate: 48_000,
    offset: 1000,
    framesInPes: 3,
  },
  cuts: [[200]],
  told: 'exactly',
  names: 'plain',
  dialect: 'plain',
  tables: 'first',
  isDated: false,
  listsFirst: false,
  listed: 5,
  lateMs: [150],
  base: 126_000,
  segmentSeconds: 2,
  isWatched: true,
  parts: [{ seconds: 7, restart: { pauseMs: 0, names: 'go on', timestamps: 'from zero', isMarked: false } }],
}

/** Lives worth living again: most lost something once, and are about as simple as they could be made. */
const CASES: Readonly<Record<string, EncoderScript>> = {
  'that ends with a segment of one stream alone': {
    ...PLAIN,
    video: { ...PLAIN.video, variants: 2 },
    cuts: [[141], [164], [105, 260, 299]],
    segmentSeconds: 6,
  },
  'whose sound is there before the pictures that tell the slots': {
    ...PLAIN,
    video: { variants: 1, rate: '30000/1001', rhythm: [2, 1, 1, 4] },
    sound: { ...PLAIN.sound, renditions: 2, container: 'packed-audio' },
    cuts: [[302], [199, 268, 128], [396, 347]],
    lateMs: [780],
    parts: [{ ...PLAIN.parts[0]!, seconds: 12 }],
  },
  'of slides whose EXTINF is nothing': {
    ...PLAIN,
    video: { ...PLAIN.video, variants: 2, rhythm: [12, 58, 19] },
    cuts: [[378, 195]],
    told: 0,
    parts: [{ ...PLAIN.parts[0]!, seconds: 9 }],
  },
  'whose variants come back from a pause one after the other': {
    ...PLAIN,
    video: { ...PLAIN.video, variants: 2 },
    cuts: [[109], [333, 153], [390, 310]],
    told: 'rounded',
    segmentSeconds: 6,
    parts: [
      { ...PLAIN.parts[0]!, seconds: 12 },
      { seconds: 11, restart: { pauseMs: 10_607, names: 'other', timestamps: 'from zero', isMarked: false } },
    ],
  },
  'whose sound begins long before the pictures of its slot are there': {
    ...PLAIN,
    video: { variants: 1, rate: '25', rhythm: [1, 2, 4, 2, 4, 2] },
    sound: { ...PLAIN.sound, renditions: 2, container: 'packed-audio', offset: 70 },
    cuts: [[392, 110], [240], [358, 229, 169]],
    segmentSeconds: 4,
    lateMs: [391, 40],
    parts: [{ ...PLAIN.parts[0]!, seconds: 15 }],
  },
  'that pauses for a second without a word, with packed audio': {
    ...PLAIN,
    video: { ...PLAIN.video, variants: 2 },
    sound: { ...PLAIN.sound, container: 'packed-audio' },
    cuts: [[369, 229, 105], [390], [210]],
    segmentSeconds: 6,
    parts: [
      { ...PLAIN.parts[0]!, seconds: 12 },
      { seconds: 8, restart: { pauseMs: 1399, names: 'go on', timestamps: 'by the clock', isMarked: false } },
    ],
  },
  'of slides that pauses for a moment, with packed audio': {
    ...PLAIN,
    video: { variants: 1, rate: '30000/1001', rhythm: [19, 52] },
    sound: { ...PLAIN.sound, container: 'packed-audio', rate: 44_100, offset: 3999 },
    cuts: [[200, 110]],
    segmentSeconds: 4,
    parts: [
      { ...PLAIN.parts[0]!, seconds: 6 },
      { seconds: 6, restart: { pauseMs: 200, names: 'go on', timestamps: 'by the clock', isMarked: false } },
    ],
  },
  'whose sound is in a slot behind the one of its pictures': {
    ...PLAIN,
    sound: { ...PLAIN.sound, renditions: 2, rate: 44_100, offset: 3995 },
    cuts: [
      [259, 150],
      [220, 234, 386],
      [136, 386],
    ],
    told: 0.5,
    listsFirst: true,
    lateMs: [641, 149],
    segmentSeconds: 6,
    parts: [{ ...PLAIN.parts[0]!, seconds: 13 }],
  },
  'of slides that begins anew, and says so, after a pause that only its sound has': {
    ...PLAIN,
    video: { variants: 1, rate: '25', rhythm: [10] },
    sound: { ...PLAIN.sound, offset: 0, framesInPes: 1 },
    cuts: [[60]],
    listed: 0,
    lateMs: [0],
    base: 0,
    isWatched: false,
    parts: [
      { seconds: 7, restart: { pauseMs: 200, names: 'go on', timestamps: 'from zero', isMarked: false } },
      { seconds: 6, restart: { pauseMs: 200, names: 'go on', timestamps: 'by the clock', isMarked: true } },
    ],
  },
  'of slides whose EXTINF in whole seconds is likely, but for their sound': {
    ...PLAIN,
    video: { variants: 1, rate: '25', rhythm: [25, 13, 10] },
    sound: { ...PLAIN.sound, place: 'muxed' },
    cuts: [[101]],
    told: 'rounded',
    parts: [{ ...PLAIN.parts[0]!, seconds: 6 }],
  },
  'that begins anew a second before it left off, across the wrap of its timestamps': {
    ...PLAIN,
    video: { variants: 1, rate: '25', rhythm: [1, 1] },
    sound: { ...PLAIN.sound, place: 'muxed' },
    cuts: [[181], [60]],
    base: 8_589_484_592,
    segmentSeconds: 4,
    parts: [
      { ...PLAIN.parts[0]!, seconds: 6 },
      { seconds: 6, restart: { pauseMs: 200, names: 'go on', timestamps: 'from zero', isMarked: false } },
    ],
  },
  'with tables at the end, blanks in names and behind colons, and main sound in the variants': {
    ...PLAIN,
    sound: { ...PLAIN.sound, place: 'muxed main', container: 'packed-audio' },
    cuts: [[200], [410]],
    names: 'blank',
    dialect: 'blank behind colon',
    tables: 'last',
  },
}

describe('an encoder loses nothing', () => {
  let studio: Studio
  let source: SourceUnits
  before(async () => {
    source = await sourceUnits()
    studio = await Studio.open()
  })
  after(() => studio?.close())

  for (const [name, script] of someOf(Object.entries(CASES), 2)) {
    it(name, async () => {
      assert.ok((await encodeThrough(script, studio, source)) > 0)
    })
  }
})
