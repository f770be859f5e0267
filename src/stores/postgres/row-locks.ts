import type { Statement } from './statements.ts'

/*
 * Rows of the segment index that several transactions change are locked first, and by all in one order: inputs, output
 * timelines, source objects, staged objects, unplaced objects, each by their keys; the highest number of a channel
 * comes last. So no two wait for each other.
 */

export type LockedInput = { readonly id: number; readonly ingestEndpointId: string; readonly version: number }
export type LockedOutputTimeline = { readonly id: number; readonly input: number; readonly version: number }

export const lockInputs = (channelGuid: string, ingestEndpointIds: readonly string[]): Statement => [
  `SELECT id, ingest_endpoint_id AS "ingestEndpointId", version FROM windrow.input
   WHERE channel_guid = $1 AND ingest_endpoint_id = ANY ($2) ORDER BY id FOR NO KEY UPDATE`,
  channelGuid,
  ingestEndpointIds,
]

export const lockOutputTimelines = (ids: readonly number[]): Statement => [
  'SELECT id, input, version FROM windrow.output_timeline WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE',
  ids,
]

/** Locks those of some objects that slots hold already: with others, a commit changes what is unplaced alone. */
export const lockHeldObjects = (keys: readonly string[]): Statement => [
  `SELECT FROM windrow.source_object AS object WHERE key = ANY ($1) AND NOT EXISTS (
     SELECT FROM windrow.unplaced_object AS unplaced WHERE unplaced.key = object.key) ORDER BY key FOR NO KEY UPDATE`,
  keys,
]

/** Locks those of some objects that are still staged. */
export const lockStagedObjects = (keys: readonly string[]): Statement => [
  'SELECT key FROM windrow.staged_object WHERE key = ANY ($1) ORDER BY key FOR UPDATE',
  keys,
]

/** Locks all inputs of a channel, and then all its output timelines, any of which may have followed any input. */
export const lockChannel = (channelGuid: string): readonly [Statement, Statement] => [
  [
    `SELECT id, ingest_endpoint_id AS "ingestEndpointId", version FROM windrow.input WHERE channel_guid = $1
     ORDER BY id FOR NO KEY UPDATE`,
    channelGuid,
  ],
  [
    `SELECT id FROM windrow.output_timeline
     WHERE input IN (SELECT id FROM windrow.input WHERE channel_guid = $1) ORDER BY id FOR NO KEY UPDATE`,
    channelGuid,
  ],
]
