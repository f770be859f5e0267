import type * as http from 'node:http'

/**
 * Node's HTTP. An `import` of values of it reads all its exports, and for one of them, WebSocket, which nobody uses
 * here, Node loads undici: that took 60 ms of a start, and 3 MiB.
 */
export const { createServer, IncomingMessage, request, ServerResponse, STATUS_CODES }: typeof http =
  process.getBuiltinModule('node:http')
