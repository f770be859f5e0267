import type { Field, Request } from '../forms/field.ts'
import { withoutUnused } from '../harvest-jobs/job-request.ts'
import { enteredMoment } from '../time/moment-entry.ts'

/** When, and by whose clocks, moments were typed. */
export type EntryTime = { readonly now: number; readonly zone: string }

/** RFC 3339, which may be more exact than what was understood of it. */
const WRITTEN = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

/** The request that a form of a schedule, or a rule, makes: without what its other members rule out. */
export function automationRequest(fields: readonly Field[], request: Request, time: EntryTime): Request {
  const moments = fields.filter(({ control }) => control === 'moment').map(({ name }) => name)
  const members = Object.entries(request).map(([name, value]) => [
    name,
    moments.includes(name) ? momentText(String(value), time) : value,
  ])
  return ofAction(withRecurrence(withoutUnused(Object.fromEntries(members) as Request)))
}

/** A moment for the API; what is not understood is sent as it is, and the server says so. */
function momentText(text: string, time: EntryTime): string {
  if (WRITTEN.test(text)) return text
  const entered = enteredMoment(text, time)
  return 'at' in entered ? new Date(entered.at).toISOString() : text
}

/** Intervals have no time of day. */
function withRecurrence({ every, ...request }: Request): Request {
  if (every === undefined) return request
  const { minutes, hours, weekdays, at, timeZone, ...rest } = every as Request
  const isInterval = minutes !== undefined || hours !== undefined
  const days = Array.isArray(weekdays) && weekdays.length > 0 ? { weekdays } : {}
  const given = { minutes, hours, ...days, ...(isInterval ? {} : { at, timeZone }), ...rest }
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return { ...request, every: known }
}

const OF_JOBS = ['s3Destination', 'deliverables', 'gapPolicy', 'earlyEndPolicy', 'report', 'encryption']
const OF_CLIPS = ['expiresAfterSeconds']

/** Rules that make clips say nothing of jobs, and the other way round; schedules make jobs alone. */
function ofAction({ segmentationTypeIds: types, ...request }: Request): Request {
  const numbers = Array.isArray(types) && types.length > 0 ? { segmentationTypeIds: types.map(numberOf) } : {}
  const ruledOut = request['action'] === 'CLIP' ? OF_JOBS : OF_CLIPS
  return { ...Object.fromEntries(Object.entries(request).filter(([name]) => !ruledOut.includes(name))), ...numbers }
}

/** Also as the standard writes them: `0x10`. */
function numberOf(text: unknown): unknown {
  const value = String(text).trim()
  return /^(0x[0-9a-f]{1,4}|\d{1,6})$/i.test(value) ? Number(value) : text
}
