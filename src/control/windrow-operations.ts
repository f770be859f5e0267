import { BUCKET_OPERATIONS } from './bucket-operations.ts'
import { BYTE_OPERATIONS } from './byte-operations.ts'
import { CHANGE_OPERATIONS } from './change-operations.ts'
import { CLIP_OPERATIONS } from './clip-operations.ts'
import { HARVEST_OPERATIONS } from './harvest-operations.ts'
import { MONITORING_OPERATIONS } from './monitoring-operations.ts'
import type { Operation } from './operation.ts'
import { RULE_OPERATIONS } from './rule-operations.ts'
import { SCHEDULE_OPERATIONS } from './schedule-operations.ts'
import { SERVICE_OPERATIONS } from './service-operations.ts'
import { TIMELINE_OPERATIONS } from './timeline-operations.ts'
import { type HandlersOf, type InputsOf, namedOperations, type OutputsOf } from './typed-operation.ts'

/** Windrow's additions to MediaPackage, below a path that no AWS client uses. */
const DECLARATIONS = {
  ...HARVEST_OPERATIONS,
  ...SERVICE_OPERATIONS,
  ...BUCKET_OPERATIONS,
  ...SCHEDULE_OPERATIONS,
  ...RULE_OPERATIONS,
  ...CLIP_OPERATIONS,
  ...TIMELINE_OPERATIONS,
  ...MONITORING_OPERATIONS,
}

export type WindrowOperation = keyof typeof DECLARATIONS

/** What each operation is given, by its name. */
export type WindrowInputs = InputsOf<typeof DECLARATIONS>

/** What each operation answers, by its name. Members that are undefined are left out of the response. */
export type WindrowOutputs = OutputsOf<typeof DECLARATIONS>

export type WindrowHandlers = HandlersOf<typeof DECLARATIONS>

export const WINDROW_OPERATIONS: readonly Operation[] = namedOperations(DECLARATIONS)

/** Operations whose answer is not JSON. */
const MEDIA_DECLARATIONS = { ...CHANGE_OPERATIONS, ...BYTE_OPERATIONS }

export type WindrowMediaInputs = InputsOf<typeof MEDIA_DECLARATIONS>

export const WINDROW_MEDIA_OPERATIONS: readonly Operation[] = namedOperations(MEDIA_DECLARATIONS)
