import { pathOf } from '../api/api-client.ts'

/** Paths of the pages of resources, by their ids. */
export const channelPath = (id: string) => pathOf`/channels/${id}`
export const timelinePath = (channelId: string) => pathOf`/channels/${channelId}/timeline`
export const originEndpointPath = (id: string) => pathOf`/origin-endpoints/${id}`
export const editEndpointPath = (id: string) => pathOf`/origin-endpoints/${id}/edit`
/** Of the form that creates an endpoint of a channel. */
export const createEndpointPath = (channelId: string) => pathOf`/create-origin-endpoint?channelId=${channelId}`
export const harvestJobPath = (id: string) => pathOf`/harvest-jobs/${id}`
export const clipPath = (id: string) => pathOf`/clips/${id}`
export const schedulePath = (id: string) => pathOf`/schedules/${id}`
export const rulePath = (id: string) => pathOf`/rules/${id}`

/** What is known by a GUID in ARNs, and by an id everywhere else. */
export type NamedByGuid = { readonly arn?: string | undefined; readonly id?: string | undefined }

/** A resource that an ARN names. */
export type ArnTarget = {
  readonly kind: string
  /** The id, or the GUID where that is not known. */
  readonly name: string
  /** Absent where there is no page, or the resource is gone. */
  readonly path?: string
}

const ARN = /^arn:aws:mediapackage:[a-z0-9-]{1,40}:\d{12}:([a-z_]{1,40})\/([0-9A-Za-z_-]{1,300})$/

const KINDS: Readonly<Record<string, { readonly kind: string; readonly path: (id: string) => string }>> = {
  harvest_jobs: { kind: 'Harvest job', path: harvestJobPath },
  harvest_schedules: { kind: 'Schedule', path: schedulePath },
  harvest_rules: { kind: 'Rule', path: rulePath },
}
const KINDS_BY_GUID: typeof KINDS = {
  channels: { kind: 'Channel', path: channelPath },
  origin_endpoints: { kind: 'Origin endpoint', path: originEndpointPath },
}

/** What an ARN names, by the channels and endpoints there are; undefined for any other text. */
export function arnTarget(arn: string, known: readonly NamedByGuid[]): ArnTarget | undefined {
  const [, type = '', name = ''] = ARN.exec(arn) ?? []
  const byId = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined
  if (byId) return { kind: byId.kind, name, path: byId.path(name) }
  const byGuid = Object.hasOwn(KINDS_BY_GUID, type) ? KINDS_BY_GUID[type] : undefined
  if (!byGuid) return undefined
  const id = known.find((each) => each.arn === arn)?.id
  return { kind: byGuid.kind, name: id ?? name, ...(id !== undefined && { path: byGuid.path(id) }) }
}
