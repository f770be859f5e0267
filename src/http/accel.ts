import type { OutgoingHttpHeaders } from 'node:http'
import type { ClientNetworks } from './client-networks.ts'
import type { HttpRequest } from './message.ts'
import type { PartAnswer } from './request-headers.ts'

/** How a proxy in front sends a stored file itself, in place of an answer with its bytes. */
export type Accel = {
  /** Whether the proxy that has made this request does so, and gives its client the answer it would get from here. */
  sendsFor(request: HttpRequest, answer: Pick<PartAnswer, 'range'>): boolean
  /** Makes of the header fields that a client is to get those that have the proxy send the object of a key. */
  fieldsOf(key: string, fields: OutgoingHttpHeaders): OutgoingHttpHeaders
}

/** Where nginx has the folder of objects, for nobody but itself; deploy/nginx-accel.conf has it too. */
const INTERNAL_PREFIX = '/windrow-objects/'
/** By this field, which it sets itself, nginx says that it has that place. */
const ASKS = { field: 'x-sendfile-type', value: 'X-Accel-Redirect' }
/** Preconditions that nginx judges by the file, and nobody here. */
const JUDGED_BY_FILE = ['if-match', 'if-unmodified-since']
/** A range that all read alike, since its numbers have a size that all can hold. */
const PLAIN_RANGE = /^bytes=\d{0,15}-\d{0,15}$/i

/**
 * nginx with deploy/nginx-accel.conf, which sends files by X-Accel-Redirect. Only a trusted proxy that asks for it is
 * answered so: any other client would get a header with a path, and no bytes.
 */
export function nginxAccel(clients: Pick<ClientNetworks, 'isFromProxy'>): Accel {
  return {
    sendsFor(request, { range }) {
      const { headers, method } = request
      if (method !== 'GET' || headers[ASKS.field] !== ASKS.value || !clients.isFromProxy(request)) return false
      if (JUDGED_BY_FILE.some((name) => headers[name] !== undefined)) return false
      // What is no range here may be one there.
      return headers.range === undefined || (range !== undefined && PLAIN_RANGE.test(headers.range))
    },
    fieldsOf(key, { 'Cache-Control': caching, ...fields }) {
      const path = key.split('/').map(encodeURIComponent).join('/')
      // Under its own name, nginx would keep it even where it cannot open the file, and asks here for the answer.
      return { ...fields, 'X-Accel-Cache-Control': caching, 'X-Accel-Redirect': `${INTERNAL_PREFIX}${path}` }
    },
  }
}
