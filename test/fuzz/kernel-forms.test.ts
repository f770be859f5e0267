import assert from 'node:assert/strict'
import { FIXTURE_NAMES, fixture } from '../fixtures/catalogue.ts'
import { needing } from '../programs.ts'
import { corpusSamples } from './corpus.ts'
import { BothForms } from './kernel-forms.ts'
import { kernelMutants } from './kernel-mutants.ts'

const { describe, it } = needing('ffmpeg')

const MUTANTS = Number(process.env['WINDROW_FUZZ_RUNS'] ?? 2000)
const SEED = Number(process.env['WINDROW_FUZZ_SEED'] ?? 1)

describe('both forms of the kernel', () => {
  const forms = new BothForms()

  for (const name of FIXTURE_NAMES) {
    it(`make the same of ${name}`, async () => {
      const { streams } = await fixture(name)
      for (const { extension, segments } of streams) {
        if (extension === 'ts') for (const { bytes } of segments) forms.demux(bytes)
      }
    })
  }

  for (const [name, bytes] of corpusSamples('mpegts')) it(`make the same of ${name}`, () => void forms.demux(bytes))

  it(`make the same of ${MUTANTS} mutants (seed ${SEED})`, async () => {
    const { understood, refused } = await kernelMutants(MUTANTS, SEED)
    assert.ok(understood > 0 && refused > 0, `${understood} understood, ${refused} refused`)
  })
})
