import type { InputRef } from '../model/input-ref.ts'
import { fileName } from './file-name.ts'
import { Refusal } from './refusal.ts'

export const INGEST_PREFIX = '/in/v2/'

/** A path under `/in/v2/`: an ingest endpoint's folder, or a file in it. */
export type IngestPath = {
  readonly ingest: InputRef
  /** Path of the folder; ends with a slash. */
  readonly folder: string
  /** File name; absent for the folder itself. */
  readonly name?: string
}

const SHAPE = /^\/in\/v2\/([0-9a-f]{32})\/([0-9a-f]{32})(?:\/([^/]*))?$/

/** Reads `/in/v2/<channel GUID>/<ingest endpoint id>/<file name>`. Throws Refusal. */
export function parseIngestPath(path: string): IngestPath {
  const match = SHAPE.exec(path)
  if (!match) {
    throw Refusal.of('InvalidPath', {})
  }
  const [, channelGuid = '', ingestEndpointId = '', segment = ''] = match
  const ingest = { channelGuid, ingestEndpointId }
  const folder = `${INGEST_PREFIX}${channelGuid}/${ingestEndpointId}/`
  if (segment === '') return { ingest, folder }
  const name = fileName(segment)
  if (name === undefined) throw Refusal.of('InvalidFileName', {})
  return { ingest, folder, name }
}
