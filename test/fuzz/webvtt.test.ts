import assert from 'node:assert/strict'
import fc from 'fast-check'
import { writeTtml } from '../../src/manifests/ttml.ts'
import { MalformedMedia } from '../../src/media/bytes.ts'
import { ticks } from '../../src/media/time.ts'
import { readWebVtt } from '../../src/media/webvtt/reader.ts'
import { cuesBetween, joinWebVtt } from '../../src/media/webvtt/timeline.ts'
import { writeWebVtt } from '../../src/media/webvtt/writer.ts'
import { run } from '../judges/processes.ts'
import { needing } from '../programs.ts'
import { corpusSamples } from './corpus.ts'
import { mutant, seeded } from './mutants.ts'

const { describe, it } = needing('python3')

/** Broken files; a soak sets more. */
const RUNS = Number(process.env['WINDROW_FUZZ_RUNS'] ?? 300)
const SEED = Number(process.env['WINDROW_FUZZ_SEED'] ?? 1)

const SPACE = ['\n', '\n\n', '\r\n', '\r', '\0', ' ']
const TIMES = ['-->', ' --> ', '00:01.000', '999999:59:59.999', '00:00:02.000', '60:00.000']
const CUES = ['00:01.000 --> 00:02.000\n', '\n\n00:00:01.500 --> 00:00:01.600 line:0\ntext\n\n']
const HEADER = ['WEBVTT\n', 'X-TIMESTAMP-MAP=', 'MPEGTS:', 'LOCAL:', ',', '8589934592', '99999999999999999999']
const BLOCKS = ['STYLE\n', 'REGION\n', 'NOTE ']
const SETTINGS = ['line:', 'position:', '-7', '50%', '1e9%', ',end', 'align:start', ' size:']
const TAGS = ['<b>', '</b>', '<c.red.bg_blue>', '</c>', '<v Ann', '<ruby><rt>', '<lang', '>', '<']
const REFERENCES = ['&amp;', '&#x110000;', '&#', ';']

/** Pieces of WebVTT, in any order and cut anywhere. */
const piece = fc.oneof(
  ...[SPACE, TIMES, CUES, HEADER, BLOCKS, SETTINGS, TAGS, REFERENCES].map((pieces) => fc.constantFrom(...pieces)),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const cue = fc
  .array(piece, { maxLength: 6 })
  .map(
    (pieces) =>
      `\n\n00:01.000 --> 00:02.000 ${pieces.slice(0, 2).join(' ').replaceAll('\n', ' ')}\n${pieces.join('')}\n\n`,
  )
const generated = fc
  .tuple(fc.boolean(), fc.array(fc.oneof(piece, cue), { maxLength: 40 }), fc.array(fc.nat(0xffff), { maxLength: 3 }))
  .map(([isWebVtt, pieces, cuts]) => {
    const bytes = Buffer.from((isWebVtt ? 'WEBVTT\n' : '') + pieces.join(''))
    for (const cut of cuts) if (bytes.length > 7) bytes[7 + (cut % (bytes.length - 7))] = cut & 0xff
    return bytes
  })

const kept = fc
  .tuple(fc.constantFrom(...corpusSamples('vtt').values()), fc.nat())
  .map(([bytes, seed]) => mutant(bytes, seeded(seed)))
const file = fc.oneof({ weight: 4, arbitrary: generated }, { weight: 1, arbitrary: kept })

function attempt(bytes: Uint8Array) {
  try {
    return readWebVtt(bytes)
  } catch (error) {
    assert.ok(error instanceof MalformedMedia, String(error))
    return undefined
  }
}

describe(`broken WebVTT (${RUNS} files, seed ${SEED})`, () => {
  it('is refused or understood, and what is understood can be written', async () => {
    let cues = 0
    const documents: string[] = []
    fc.assert(
      fc.property(file, file, (bytes, other) => {
        const document = attempt(bytes)
        if (!document) return
        const second = attempt(other)
        const joined = joinWebVtt(second ? [document, second] : [document])
        assert.deepEqual(attempt(writeWebVtt(joined))?.cues.length, joined.cues.length)
        const paragraphs = cuesBetween([document], ticks(0), ticks(2 ** 33))
        cues += paragraphs.length
        documents.push(
          writeTtml({
            profile: 'imsc1',
            paragraphs: paragraphs.map(({ start, end, ...cue }) => ({ begin: start, end, ...cue })),
          }),
        )
      }),
      { numRuns: RUNS, seed: SEED },
    )
    assert.ok(cues > RUNS / 10, `${cues} cues`)
    const program =
      'import sys, json, xml.etree.ElementTree as tree\nfor each in json.load(sys.stdin): tree.fromstring(each)'
    await run('python3', ['-c', program], [Buffer.from(JSON.stringify(documents))])
  })
})
