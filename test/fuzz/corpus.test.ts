import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { corpusBytes, corpusFiles, corpusSamples, FOLDER, INDEX } from './corpus.ts'
import { RECIPES } from './corpus-media.ts'
import { ALL_TEXT_READERS, textOutcomeOf } from './mutant-run.ts'
import { mutant, seeded } from './mutants.ts'
import { ALL_READERS, outcomeOf, type Reader } from './readers.ts'
import { WorkCounter } from './work.ts'

/** Blocks of code a reader may run for each byte: it runs one or two, and hundreds where it starts over and over. */
const MOST_BLOCKS_A_BYTE = 20
/** Blocks it may run besides: tables that are filled once. */
const MOST_BLOCKS = 50_000
const MOST_BYTES = 200_000
const RUNS = Number(process.env['WINDROW_FUZZ_RUNS'] ?? 300)
const REFUSED =
  /^(MalformedCpix|MalformedMedia|MalformedPlaylist|MalformedXml|NoSampleAes|TooManyStreams|problem): |^no tag$/

describe('the corpus', () => {
  if (process.env['WINDROW_WRITE_CORPUS'] !== undefined) {
    for (const [file, make] of Object.entries(RECIPES)) {
      writeFileSync(join(FOLDER, file), file.endsWith('.gz') ? gzipSync(make(), { level: 9 }) : make())
    }
  }

  it('says of each file what it was, where it came from and what must happen', () => {
    assert.deepEqual(Object.keys(INDEX).toSorted(), corpusFiles().toSorted())
    for (const [file, { was, from, outcomes }] of Object.entries(INDEX)) {
      assert.ok(was.length > 0 && from.length > 0 && Object.keys(outcomes).length > 0, file)
    }
  })

  it('is small', () => {
    assert.ok(corpusFiles().reduce((sum, file) => sum + gzipSync(corpusBytes(file)).length, 0) < MOST_BYTES)
  })

  it('has the bytes that its recipes make (WINDROW_WRITE_CORPUS=1 writes them)', () => {
    for (const [file, make] of Object.entries(RECIPES)) assert.ok(corpusBytes(file).equals(make()), file)
  })
})

describe('every reader', () => {
  const counter = new WorkCounter()
  after(() => counter.close())

  for (const [file, { was, outcomes }] of Object.entries(INDEX)) {
    if (file.endsWith('.txt')) continue
    it(`does what it must with ${file}: ${was}`, () => {
      const bytes = corpusBytes(file)
      const limit = MOST_BLOCKS + MOST_BLOCKS_A_BYTE * bytes.length
      const found = new Map<Reader, string>()
      const read = (readers: readonly Reader[]) => {
        return counter.during(() => {
          for (const reader of readers) found.set(reader, outcomeOf(reader, bytes))
        })
      }
      // Counting takes longer than reading: one by one they are counted only where all together are above the limit.
      if (read(ALL_READERS) > limit) {
        for (const reader of ALL_READERS) {
          const blocks = read([reader])
          assert.ok(blocks <= limit, `${reader}: ${blocks} blocks of code`)
        }
      }
      for (const [reader, outcome] of found) {
        const expected = outcomes[reader]
        if (expected === undefined) assert.match(outcome, REFUSED, reader)
        else assert.equal(outcome, expected, reader)
      }
    })
  }
})

describe('every reader of text', () => {
  for (const [file, { was, outcomes }] of Object.entries(INDEX)) {
    if (!file.endsWith('.txt')) continue
    it(`does what it must with ${file}: ${was}`, async () => {
      for (const reader of ALL_TEXT_READERS) {
        const outcome = await textOutcomeOf(reader, corpusBytes(file))
        if (outcomes[reader] !== undefined) assert.equal(outcome, outcomes[reader], reader)
      }
    })
  }
})

describe(`mutants of the corpus (${RUNS} of each kind)`, () => {
  for (const extension of ['mpegts', 'aac', 'mp4', 'vtt', 'm3u8', 'cpix'] as const) {
    it(`of .${extension} are refused or understood by every reader`, () => {
      const random = seeded(1)
      const samples = [...corpusSamples(extension)]
      for (let run = 0; run < RUNS; run++) {
        const [file, bytes] = samples[run % samples.length]!
        const broken = mutant(bytes, random)
        for (const reader of ALL_READERS) {
          try {
            outcomeOf(reader, broken)
          } catch (error) {
            throw new Error(`${reader}, mutant ${run} of ${file}: ${broken.toString('base64')}`, { cause: error })
          }
        }
      }
    })
  }
})
