import type { ServerOptions } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import type { SecureContext, SecureContextOptions, TLSSocket } from 'node:tls'
import type { Log } from '../log.ts'
import type { Connections } from './connections.ts'
import type { ExchangeRequest, ExchangeResponse } from './exchange.ts'

const LOG_INTERVAL_MS = 1000

/** Port: the certificates of a listener. */
export type ListenerTls = {
  readonly certificates: {
    readonly serverOptions: SecureContextOptions
    contextFor(serverName: string): SecureContext | undefined
    onChange(listener: () => void): void
  }
}

type TlsServerOptions = ListenerTls & { readonly name: string; readonly log: Log; readonly handshakeMs: number }

/**
 * Makes a server of HTTP over TLS. A connection counts from its opening: it is in `connections` before its handshake.
 * Connections keep the certificate that they began with; new ones have what `certificates` has then.
 */
export function createTlsServer(
  options: ServerOptions<typeof ExchangeRequest, typeof ExchangeResponse>,
  { certificates, name, log, handshakeMs }: TlsServerOptions,
  connections: Connections,
): Server<typeof ExchangeRequest, typeof ExchangeResponse> {
  const server = createServer({
    ...options,
    ...certificates.serverOptions,
    // What a plain HTTP server sets itself: clients may close their side and still be answered.
    allowHalfOpen: true,
    handshakeTimeout: handshakeMs,
    SNICallback: (serverName, done) => done(null, certificates.contextFor(serverName)),
  })
  certificates.onChange(() => server.setSecureContext(certificates.serverOptions))

  const handshakes = new Map<string, Socket>()
  server.prependListener('connection', (socket: Socket) => {
    const client = clientOf(socket)
    handshakes.set(client, socket)
    socket.once('close', () => {
      if (handshakes.get(client) === socket) handshakes.delete(client)
    })
  })
  // Behind Node's own listener, which gives way to one that the caller adds.
  server.on('secureConnection', (secure: TLSSocket) => {
    const below = handshakes.get(clientOf(secure))
    if (below) connections.secured(below, secure)
    else secure.destroy()
  })

  let failures = 0
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    // Whoever tries whether the port is open does that.
    if (error.code === 'ECONNRESET') return
    if (failures++ > 0) return
    const fields = { event: 'tls-handshake-failed', listener: name, address: socket.remoteAddress } as const
    setTimeout(() => {
      log.info(
        { ...fields, code: error.code, count: failures },
        'clients failed to begin TLS; the fields are of the first',
      )
      failures = 0
    }, LOG_INTERVAL_MS).unref()
  })
  return server
}

/** The address and port of a client, which no other open connection of the listener has. */
function clientOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
