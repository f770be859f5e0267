import type { ServerResponse } from 'node:http'
import type { IngestPath } from './ingest-path.ts'
import { Refusal } from './refusal.ts'

/**
 * Answers PROPFIND for one resource, §9.1, saying that it exists, and whether it is the folder. Throws Refusal unless
 * Depth is 0.
 */
export function sendProperties(response: ServerResponse, path: IngestPath, depth: string): void {
  if (depth !== '0') throw Refusal.of('DepthNotSupported', {})
  const { folder, name, subfolder } = path
  const type = name === undefined ? '<D:collection/>' : ''
  // Percent-encoding leaves no character that XML would need escaped.
  const parts = (name ?? (subfolder ? `${subfolder}/` : '')).split('/')
  const href = `${folder}${parts.map(encodeURIComponent).join('/')}`
  const body =
    '<?xml version="1.0" encoding="utf-8"?>\n' +
    `<D:multistatus xmlns:D="DAV:"><D:response><D:href>${href}</D:href><D:propstat>` +
    `<D:prop><D:resourcetype>${type}</D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status>` +
    '</D:propstat></D:response></D:multistatus>\n'
  response.writeHead(207, { 'content-type': 'application/xml; charset=utf-8', 'content-length': body.length }).end(body)
}

/** Files and folders made recently, for encoders that ask for them: a bounded courtesy, not the archive. */
export class RecentFiles {
  private readonly paths = new Set<string>()
  private readonly limit: number

  constructor(limit = 10_000) {
    this.limit = limit
  }

  add(path: IngestPath): void {
    this.delete(path)
    this.paths.add(keyOf(path))
    if (this.paths.size > this.limit) this.paths.delete(this.paths.values().next().value!)
  }

  has(path: IngestPath): boolean {
    return this.paths.has(keyOf(path))
  }

  delete(path: IngestPath): void {
    this.paths.delete(keyOf(path))
  }
}

const keyOf = ({ folder, name, subfolder }: IngestPath): string => `${folder}${name ?? subfolder ?? ''}`
