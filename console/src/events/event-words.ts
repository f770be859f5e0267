import type { WindrowOutputs } from '../../../src/control/windrow-operations.ts'

export type ServiceEvent = WindrowOutputs['ListEvents']['events'][number]

/** The type of an event without who sends it: `HarvestJob`, `Input`, `Self-Check`. */
export function typeText({ 'detail-type': type }: Pick<ServiceEvent, 'detail-type'>): string {
  return type.replace(/^(MediaPackage|Windrow) /, '').replace(/ Notification$/, '')
}

/** What has happened, in a word: `HarvestMissed`, or the status of a harvest job. */
export function wordOf({ detail }: Pick<ServiceEvent, 'detail'>): string {
  const { event, harvest_job: job } = detail as {
    readonly event?: unknown
    readonly harvest_job?: { readonly status?: unknown }
  }
  if (typeof event === 'string') return event
  return typeof job?.status === 'string' ? job.status : '–'
}

/** The sentence that an event has, if it has one. */
export function messageOf({ detail }: Pick<ServiceEvent, 'detail'>): string {
  const { message } = detail
  return typeof message === 'string' ? message : ''
}

/** A value of JSON as a tree of names: a leaf has its text. */
export type Branch = { readonly name: string } & ({ readonly text: string } | { readonly branches: readonly Branch[] })

/** What is deeper is written as JSON. */
const MOST_LEVELS = 8

/** The members of a value of JSON, as a tree that can be read; items of lists are numbered from 1 on. */
export function branchesOf(value: unknown, level = 1): readonly Branch[] {
  const named = Array.isArray(value)
    ? value.map((item: unknown, n) => [String(n + 1), item] as const)
    : Object.entries((value ?? {}) as Readonly<Record<string, unknown>>)
  return named.map(([name, each]) => {
    const isLeaf = typeof each !== 'object' || each === null || level >= MOST_LEVELS
    if (isLeaf) return { name, text: typeof each === 'string' ? each : (JSON.stringify(each) ?? '') }
    const branches = branchesOf(each, level + 1)
    return branches.length > 0 ? { name, branches } : { name, text: Array.isArray(each) ? '[]' : '{}' }
  })
}
