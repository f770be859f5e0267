/**
 * Origin endpoints as an earlier version stored them, with one of the four packages of MediaPackage v1; and as they are
 * stored now, when the v1 API gets the same requests.
 */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import type { OriginEndpoint } from '../../src/model/origin-endpoint.ts'
import { harvestJob } from '../../src/stores/nouns.contract.ts'
import type { Resources } from '../../src/stores/resources.ts'

export type OlderEndpoint = { readonly older: object; readonly newer: OriginEndpoint }

export async function olderEndpoints(): Promise<readonly OlderEndpoint[]> {
  return JSON.parse(await readFile(new URL('older-endpoints.json', import.meta.url), 'utf8')) as OlderEndpoint[]
}

/** The id of a harvest job of the endpoint, and its record as the earlier version stored it. */
export function olderJob({ older, newer }: OlderEndpoint): { readonly id: string; readonly body: string } {
  const id = `job of ${newer.id}`
  return { id, body: JSON.stringify({ ...harvestJob(id, newer), endpoint: older }) }
}

/** Asserts that every endpoint, and its copy in the harvest job, is read in the current form. */
export async function assertUpgraded(resources: Resources, endpoints: readonly OlderEndpoint[]): Promise<void> {
  const { items } = await resources.listOriginEndpoints({ limit: 99 })
  assert.deepEqual(
    items,
    endpoints.map(({ newer }) => newer),
  )
  for (const endpoint of endpoints) {
    const { id } = olderJob(endpoint)
    const { run: _, ...job } = (await resources.harvestJobById(id))!
    assert.deepEqual(job, harvestJob(id, endpoint.newer))
  }
}
