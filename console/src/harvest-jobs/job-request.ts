import type { Request } from '../forms/field.ts'

/** What only deliverables of some kinds have. */
const MEMBERS_OF: Readonly<Record<string, readonly string[]>> = {
  MP4: ['renditions', 'chapters'],
  AUDIO: ['chapters'],
  STILLS: ['poster', 'sprite', 'times'],
}

/** A request for a job as a form makes it, without what deliverables of their kind do not have. */
export function withoutUnused<R extends Request>(request: R): R {
  const { deliverables, ...rest } = request
  if (!Array.isArray(deliverables) || deliverables.length === 0) return rest as R
  return { ...rest, deliverables: deliverables.map((each: Request) => ofKind(each)) } as unknown as R
}

function ofKind(deliverable: Request): Request {
  const kind = String(deliverable['kind'])
  const members = ['kind', 'name', ...(Object.hasOwn(MEMBERS_OF, kind) ? (MEMBERS_OF[kind] ?? []) : [])]
  return Object.fromEntries(
    Object.entries(deliverable).filter(([name, value]) => members.includes(name) && value !== false && value !== ''),
  )
}
