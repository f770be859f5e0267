import { encryptSamplesInSteps } from '../../../src/media/ts/sample-aes.ts'
import { cbcEncryption } from '../../../src/packaging/segments/segment-cipher.ts'
import type { WorstInput } from './judge.ts'
import { MOST, SEGMENTS } from './transport-streams.ts'

export const ENCRYPTED_STREAMS: readonly WorstInput[] = Object.entries(SEGMENTS).map(([name, make]) => ({
  name,
  reader: 'encryption of samples',
  most: MOST,
  prepare: (size) => {
    const bytes = make(size)
    const cipher = { encrypt: cbcEncryption(Buffer.alloc(16, 1)), iv: Buffer.alloc(16, 2) }
    return () => encryptSamplesInSteps([bytes], cipher)
  },
}))
