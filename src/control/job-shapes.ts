import { CHAPTER_ORIGINS, DELIVERABLE_KINDS } from '../model/deliverable.ts'
import { listOf, oneOf, optional, structure, TEXT, TRUTH } from './typed-shapes.ts'

/** Where an asset is written, as MediaPackage has it. */
export const S3_DESTINATION = structure('S3Destination', { bucketName: TEXT, manifestKey: TEXT, roleArn: TEXT })

const DELIVERABLE = structure('Deliverable', {
  kind: oneOf(...DELIVERABLE_KINDS),
  name: optional(TEXT),
  poster: optional(TRUTH),
  times: optional(listOf(TEXT)),
  sprite: optional(TRUTH),
  renditions: optional(oneOf('BEST', 'ALL')),
  chapters: optional(oneOf(...CHAPTER_ORIGINS)),
})

const RANGE = structure('HarvestRange', { originEndpointId: optional(TEXT), startTime: TEXT, endTime: TEXT })

const GAP_POLICY = oneOf('DISCONTINUITY', 'CLAMP', 'FAIL')
const EARLY_END_POLICY = oneOf('CLAMP', 'FAIL')
const CUT = oneOf('SEGMENT', 'FRAME', 'FRAME_EXACT')
export const CLIP_CUT = oneOf('SEGMENT', 'FRAME')
const ENCRYPTION = oneOf('AS_SERVED', 'NONE')

/** What a request for a job may say besides where and what: the options that all jobs of a schedule, or rule, have. */
export const JOB_OPTIONS = {
  gapPolicy: optional(GAP_POLICY),
  earlyEndPolicy: optional(EARLY_END_POLICY),
  report: optional(TRUTH),
  deliverables: optional(listOf(DELIVERABLE)),
  cut: optional(CUT),
  encryption: optional(ENCRYPTION),
}

/** The options of a job as they are described, with the defaults of those that were not given. */
export const DESCRIBED_OPTIONS = {
  ...JOB_OPTIONS,
  gapPolicy: GAP_POLICY,
  earlyEndPolicy: EARLY_END_POLICY,
  report: TRUTH,
}

/** The members of MediaPackage's own request, of which a list of ranges takes the place of some, then Windrow's. */
export const JOB = {
  endTime: optional(TEXT),
  id: TEXT,
  originEndpointId: optional(TEXT),
  s3Destination: S3_DESTINATION,
  startTime: optional(TEXT),
  ranges: optional(listOf(RANGE)),
  ...JOB_OPTIONS,
}
