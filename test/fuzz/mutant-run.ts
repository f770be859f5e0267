import { inspect } from 'node:util'
import { allSteps, type Steps } from '../../src/media/steps.ts'
import { threadCpuMs } from '../judges/cpu-time.ts'
import { API_READERS } from './api-readers.ts'
import { corpusBytes, INDEX } from './corpus.ts'
import { DOCUMENT_READERS } from './document-readers.ts'
import { mutant, seeded } from './mutants.ts'
import { ALL_READERS, type Reader, readBy } from './readers.ts'
import { REQUEST_READERS } from './request-readers.ts'
import { textMutant } from './text-mutants.ts'
import type { TextReader } from './text-reader.ts'

/** A run of one reader over many mutants. Each mutant follows from the seed and its number. */

/** CPU time that a step of the reading of a mutant may take, as the best of several readings. */
const MOST_MS = 50
const READINGS = 5
/** What a reader may make of a mutant, in characters, bytes and members: this, and so much for each of its bytes. */
const MOST_RESULT = 256 * 1024
const MOST_RESULT_A_BYTE = 100
/** Of the corpus, files up to this size are mutated. */
const MOST_SAMPLE_BYTES = 16 * 1024
const MOST_FINDINGS = 10
/** Mutants of the readers of media for each thousand of the fastest readers. */
const MEDIA_SHARE = 200

const REFUSALS = [
  'ApiError',
  'CertificateUnusable',
  'CommandMisused',
  'ConfigurationError',
  'InvalidValue',
  'MalformedCpix',
  'MalformedLicenceRequest',
  'MalformedMedia',
  'MalformedPlaylist',
  'MalformedXml',
  'NoSampleAes',
  'Refusal',
  'RuleViolation',
  'SignatureError',
  'SpekeRefusal',
  'UnreadableListing',
  'UnusableSecret',
]
/** By reader: an error of the language that it is documented to throw. */
const MORE_REFUSALS: Readonly<Record<string, string>> = { 'query of the API': 'URIError' }

export type Finding = { readonly reader: string; readonly run: number; readonly base64: string; readonly fault: string }

export type RunFigures = {
  readonly reader: string
  readonly mutants: number
  readonly understood: number
  readonly refused: number
  /** CPU time of the slowest step, in milliseconds; 0 where all took less than the limit by the clock. */
  readonly slowestMs: number
  readonly findings: readonly Finding[]
}

type Mutated = { readonly bytes: Buffer; readonly text: string }
type Fuzzed = {
  readonly mutate: (random: ReturnType<typeof seeded>) => Mutated
  readonly read: (mutated: Mutated) => unknown
}

const TEXT_READERS: Readonly<Record<string, TextReader>> = { ...REQUEST_READERS, ...API_READERS, ...DOCUMENT_READERS }

/** The readers of text, by name. */
export const ALL_TEXT_READERS = Object.keys(TEXT_READERS)

/** What a reader makes of a text, or the name of its error and what that says. Throws what is no refusal. */
export async function textOutcomeOf(reader: string, bytes: Buffer): Promise<string> {
  const { read, isLatin1 } = TEXT_READERS[reader]!
  try {
    const given = await read(bytes.toString(isLatin1 ? 'latin1' : 'utf8'))
    return JSON.stringify(isSteps(given) ? allSteps(given) : given) ?? 'nothing'
  } catch (error) {
    if (!isRefusal(reader, error)) throw error
    return String(error)
  }
}

/** The names of all readers that are tried, and how many mutants each gets for each thousand. */
export const SHARES: ReadonlyMap<string, number> = new Map([
  ...Object.entries(TEXT_READERS).map(([name, { share = 1000 }]) => [name, share] as const),
  ...ALL_READERS.map((name) => [name, MEDIA_SHARE] as const),
])

function fuzzedOf(name: string): Fuzzed {
  const reader = TEXT_READERS[name]
  if (!reader) return ofCorpus(name as Reader)
  const { read, isLatin1 = false } = reader
  const samples = [
    ...reader.samples,
    ...corpusOf(name).map(({ bytes }) => bytes.toString(isLatin1 ? 'latin1' : 'utf8')),
  ]
  return {
    mutate(random) {
      const text = textMutant(samples[random(samples.length)]!, random, samples)
      const bytes = Buffer.from(text)
      return { text: isLatin1 ? bytes.toString('latin1') : text, bytes }
    },
    read: ({ text }) => read(text),
  }
}

/** The mutants of a reader of bytes are of the files of the corpus whose outcome it has. */
function ofCorpus(reader: Reader): Fuzzed {
  const samples = corpusOf(reader)
  const texts = samples.filter(({ isText }) => isText).map(({ bytes }) => String(bytes))
  return {
    mutate(random) {
      const { bytes, isText } = samples[random(samples.length)]!
      const broken =
        isText && random(2) === 0 ? Buffer.from(textMutant(String(bytes), random, texts)) : mutant(bytes, random)
      return { bytes: broken, text: '' }
    },
    read: ({ bytes }) => readBy(reader, bytes),
  }
}

/** The files of the corpus whose outcome a reader has, of those that are small. */
function corpusOf(reader: string): readonly { readonly bytes: Buffer; readonly isText: boolean }[] {
  return Object.entries(INDEX)
    .filter(([, { outcomes }]) => outcomes[reader] !== undefined)
    .map(([file]) => ({ bytes: corpusBytes(file), isText: /\.(m3u8|vtt|cpix)(\.gz)?$/.test(file) }))
    .filter(({ bytes }) => bytes.length > 0 && bytes.length <= MOST_SAMPLE_BYTES)
}

/** Reads `runs` mutants; `note` is told the number of each before it is read. */
export async function readMutants(
  reader: string,
  { runs, seed, note }: { readonly runs: number; readonly seed: number; readonly note: (run: number) => void },
): Promise<RunFigures> {
  const fuzzed = fuzzedOf(reader)
  const findings: Finding[] = []
  const counts = { understood: 0, refused: 0 }
  let slowestMs = 0
  let mutants = 0
  for (; mutants < runs && findings.length < MOST_FINDINGS; mutants++) {
    note(mutants)
    const mutated = fuzzed.mutate(seeded(seed + Math.imul(mutants, 0x9e3779b1)))
    const found = (fault: string) => {
      findings.push({ reader, run: mutants, base64: mutated.bytes.subarray(0, 20_000).toString('base64'), fault })
    }
    const { size, error, longestMs } = await sized(() => fuzzed.read(mutated))
    counts[error === undefined ? 'understood' : 'refused']++
    if (error !== undefined && !isRefusal(reader, error))
      found(error instanceof Error ? (error.stack ?? error.message) : inspect(error))
    if (size > MOST_RESULT + MOST_RESULT_A_BYTE * mutated.bytes.length) found(`a result of ${size}`)
    if (longestMs <= MOST_MS) continue
    const ms = await cpuOf(() => fuzzed.read(mutated))
    slowestMs = Math.max(slowestMs, ms)
    if (ms > MOST_MS) found(`${ms} ms of CPU`)
  }
  return { reader, mutants, ...counts, slowestMs, findings }
}

function isRefusal(reader: string, error: unknown): boolean {
  const { name } = error as Error
  return REFUSALS.includes(name) || MORE_REFUSALS[reader] === name
}

type Reading = { readonly made?: unknown; readonly error?: unknown; readonly longestMs: number }

/** How much a reading makes, which is not kept: with less memory, the next reading would stop to collect. */
async function sized(read: () => unknown): Promise<Omit<Reading, 'made'> & { readonly size: number }> {
  const { made, ...outcome } = await inSteps(read, () => performance.now())
  return { ...outcome, size: sizeOf(made) }
}

/** What a reading makes, or how it ends, and its longest step by a clock in milliseconds. */
async function inSteps(read: () => unknown, clock: () => number): Promise<Reading> {
  let longestMs = 0
  let since = clock()
  const ends = () => {
    longestMs = Math.max(longestMs, clock() - since)
    since = clock()
  }
  try {
    let made = await read()
    while (isSteps(made)) {
      const { done, value } = made.next()
      ends()
      if (done) made = value
    }
    ends()
    return { made, longestMs }
  } catch (error) {
    ends()
    return { error, longestMs }
  }
}

function isSteps(value: unknown): value is Steps<unknown> {
  return typeof value === 'object' && value !== null && 'next' in value && typeof value.next === 'function'
}

/** CPU time of the longest step of a reading, the best of several. */
async function cpuOf(read: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let reading = 0; reading < READINGS; reading++)
    best = Math.min(best, (await inSteps(read, threadCpuMs)).longestMs)
  return best
}

/** How much there is in a value: characters, bytes, and one for each member. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 1
  if (ArrayBuffer.isView(value)) return value.byteLength
  const members = value instanceof Map ? [...value].flat() : Object.values(value)
  return members.reduce((sum: number, member) => sum + 1 + sizeOf(member), 0)
}
