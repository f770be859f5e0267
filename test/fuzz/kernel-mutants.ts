import { FIXTURE_NAMES, fixture } from '../fixtures/catalogue.ts'
import { corpusSamples } from './corpus.ts'
import { BothForms } from './kernel-forms.ts'
import { mutant, seeded } from './mutants.ts'

/** Of a segment, as many bytes are mutated. */
const MOST_BYTES = 188 * 200

/** Has mutants of segments taken apart by both forms of the kernel. Throws at the first of which they differ. */
export async function kernelMutants(
  count: number,
  seed: number,
  log: (line: string) => void = () => {},
): Promise<{ readonly understood: number; readonly refused: number }> {
  const samples = await segmentSamples()
  const forms = new BothForms()
  const counts = { understood: 0, refused: 0 }
  for (let number = 0; number < count; number++) {
    const random = seeded(seed + Math.imul(number, 0x9e3779b1))
    const ts = mutant(samples[random(samples.length)]!, random)
    try {
      counts[forms.demux(ts) === undefined ? 'refused' : 'understood']++
    } catch (error) {
      throw new Error(`mutant ${number}: ${ts.subarray(0, 4000).toString('base64')}`, { cause: error })
    }
    if ((number + 1) % 100_000 === 0) log(`${number + 1}: ${JSON.stringify(counts)}`)
  }
  return counts
}

/** The first segment of each stream of each fixture, and the transport streams of the corpus. */
async function segmentSamples(): Promise<readonly Buffer[]> {
  const fixtures = await Promise.all(FIXTURE_NAMES.map(fixture))
  const segments = fixtures
    .flatMap(({ streams }) => streams)
    .flatMap(({ extension, segments: [first] }) => (extension === 'ts' && first ? [first.bytes] : []))
  return [...segments, ...corpusSamples('mpegts').values()]
    .filter(({ length }) => length > 0)
    .map((bytes) => bytes.subarray(0, MOST_BYTES))
}
