import type { InputRef } from '../model/input-ref.ts'
import { fileName, folderOf } from './file-name.ts'
import { Refusal } from './refusal.ts'

export const INGEST_PREFIX = '/in/v2/'

/** A path under `/in/v2/`: an ingest endpoint's folder, or a file or folder in it. */
export type IngestPath = {
  readonly ingest: InputRef
  /** Path of the ingest endpoint's folder; ends with a slash. */
  readonly folder: string
  /** File name, below that folder; absent for folders. */
  readonly name?: string
  /** Folder below that folder, without its slash; absent for files. */
  readonly subfolder?: string
}

const SHAPE = /^\/in\/v2\/([0-9a-f]{32})\/([0-9a-f]{32})(?:\/(.*))?$/s

/**
 * Reads `/in/v2/<channel GUID>/<ingest endpoint id>/<file name>`, a request's path as Node has it: its bytes as
 * Latin-1. Throws Refusal.
 */
export function parseIngestPath(path: string): IngestPath {
  const match = SHAPE.exec(path)
  if (!match) {
    throw Refusal.of('InvalidPath', {})
  }
  const [, channelGuid = '', ingestEndpointId = '', rest = ''] = match
  const ingest = { channelGuid, ingestEndpointId }
  const folder = `${INGEST_PREFIX}${channelGuid}/${ingestEndpointId}/`
  if (rest === '') return { ingest, folder }
  const below = percentEncoded(rest)
  const isFolder = below.endsWith('/')
  // A folder is where a file in it would be.
  const name = fileName(isFolder ? `${below}file` : below)
  if (name === undefined) throw Refusal.of('InvalidFileName', {})
  return { ingest, folder, ...(isFolder ? { subfolder: folderOf(name).slice(0, -1) } : { name }) }
}

/** Encodes bytes beyond ASCII, which clients may send as they are. */
function percentEncoded(path: string): string {
  return path.replaceAll(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`)
}
