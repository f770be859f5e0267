import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { audioAt, probeAt, Rehearsal, subtitles, TEXT, variants } from '../../../test/timeline/rehearsal.ts'
import type { ListedStream } from '../listed-playlist.ts'

/** When the subtitles of a segment come, next to its pictures. */
const mood = fc.oneof(
  { weight: 6, arbitrary: fc.constant('after' as const) },
  { weight: 4, arbitrary: fc.constant('before' as const) },
  { weight: 1, arbitrary: fc.constant('a second late' as const) },
  { weight: 1, arbitrary: fc.constant('never put' as const) },
  { weight: 1, arbitrary: fc.constant('not listed' as const) },
  { weight: 1, arbitrary: fc.constant('no text' as const) },
)

const life = fc.record({
  base: fc.integer({ min: 0, max: 95_440 }),
  segments: fc.array(
    fc.record({
      text: mood,
      reversed: fc.boolean(),
      away: fc.boolean(),
      width: fc.constantFrom(640, 640, 640, 1280),
    }),
    { minLength: 1, maxLength: 10 },
  ),
  ended: fc.boolean(),
  pauseSeconds: fc.constantFrom(3, 7, 90),
})
type Life = typeof life extends fc.Arbitrary<infer T> ? T : never

const AUDIO: ListedStream = {
  index: 3,
  playlist: 'audio',
  role: { kind: 'audio', groupId: 'g', name: 'audio', isDefault: true, autoselect: true },
}
const MEDIA = [...variants('a', 'b'), AUDIO]

describe('subtitles, whatever they do', () => {
  it('change nothing of audio and video, stand once, and beside the pictures they belong to', () => {
    const runs = Number(process.env['WINDROW_TEST_RUNS'] ?? 60)
    fc.assert(
      fc.property(fc.array(life, { minLength: 1, maxLength: 4 }), fc.constantFrom(2, 6), (lives, segmentSeconds) => {
        const [plain, titled] = [MEDIA, [...MEDIA, subtitles(4, 'sub')]].map((streams) => {
          const r = new Rehearsal()
          r.streams(streams)
          r.open(1, segmentSeconds)
          for (const [n, one] of lives.entries()) play(r, one, n, streams)
          r.pass(60)
          r.pass(60)
          return r
        }) as [Rehearsal, Rehearsal]
        assert.deepEqual(media(titled), media(plain))
        assert.equal(titled.slots.length, lives.flatMap(({ segments }) => segments).length)
        check(titled, lives)
      }),
      { seed: 20_260_103, numRuns: runs },
    )
  })
})

/** What was published, subtitles apart. */
function media(r: Rehearsal) {
  return r.outputs(1).map(({ sealedAt: _, slots, ...segment }) => ({
    ...segment,
    slots: slots.map(({ index, objects }) => [index, ...[1, 2, 3].map((at) => nameOf(r, objects[at]))]),
  }))
}

function nameOf(r: Rehearsal, object: { readonly key: string } | undefined): string | undefined {
  return object && r.names.get(object.key)
}

function check(r: Rehearsal, lives: readonly Life[]): void {
  const shown = r.slots.flatMap(({ objects }) => {
    const { 1: picture, 4: text } = objects
    if (!text) return []
    assert.equal(text.more, undefined)
    assert.equal(nameOf(r, text)?.replace('sub', 'a'), nameOf(r, picture))
    return [text.key]
  })
  assert.equal(new Set(shown).size, shown.length)
  const inTime = lives.every(({ segments }) => segments.every(({ text }) => text === 'before' || text === 'after'))
  if (inTime) assert.equal(shown.length, r.slots.length, 'who is in time is shown')
}

function play(
  r: Rehearsal,
  { base, segments, ended, pauseSeconds }: Life,
  n: number,
  streams: readonly ListedStream[],
) {
  const hasText = streams.length > MEDIA.length
  const nameAt = (stream: string, i: number) => `${stream}-${n}-${i}`
  const list = (stream: string, i: number) => {
    const first = Math.max(i - 2, 0)
    const names = segments.slice(first, i + 1).map((_, at) => ({ name: nameAt(stream, first + at) }))
    r.list(stream, first, names, ended && i === segments.length - 1)
  }
  const write = (i: number, text: Life['segments'][number]['text']) => {
    if (!hasText || text === 'not listed') return
    if (text !== 'never put') r.put(nameAt('sub', i), text === 'no text' ? 'no WebVTT' : TEXT)
    list('sub', i)
  }
  segments.forEach(({ text, reversed, away, width }, i) => {
    if (text === 'before') write(i, text)
    for (const stream of reversed ? ['audio', 'b', 'a'] : ['a', 'b', 'audio']) {
      const seconds = base + 2 * i
      r.put(nameAt(stream, i), stream === 'audio' ? audioAt(seconds) : probeAt(seconds, stream === 'a' ? width : 640))
      list(stream, i)
    }
    r.pass(text === 'a second late' ? 1 : 0)
    if (text !== 'before') write(i, text)
    if (away) r.restart(30)
    else r.pass(text === 'a second late' ? 1 : 2)
  })
  r.pass(pauseSeconds)
  r.streams(streams)
}
