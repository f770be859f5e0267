import { ENCRYPTED_SAMPLES } from './encrypted-samples.ts'
import { ENCRYPTED_STREAMS } from './encrypted-streams.ts'
import type { WorstInput } from './judge.ts'
import { KEY_ANSWERS } from './key-answers.ts'
import { REQUESTS } from './requests.ts'
import { TEXTS } from './texts.ts'
import { TRANSPORT_STREAMS } from './transport-streams.ts'

/** Every kind of input that is made to be hard to read, with each reader of it. */
export const WORST_INPUTS: readonly WorstInput[] = [
  ...TRANSPORT_STREAMS,
  ...TEXTS,
  ...REQUESTS,
  ...KEY_ANSWERS,
  ...ENCRYPTED_STREAMS,
  ...ENCRYPTED_SAMPLES,
]
