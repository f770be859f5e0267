import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIPv4 } from 'node:net'
import { type ForwardedHop, firstGroups, forwardedHops, plainAddress, plainHost } from './forwarded.ts'

/** Whom a request is from, and at which URL, before the proxies that are trusted. */
export type ClientOrigin = {
  /** The client's address; that of the connection where no trusted proxy names one. Undefined if it is closed. */
  readonly address: string | undefined
  readonly scheme: 'http' | 'https'
  /** The host, with its port where one was named; undefined where it is none that a URL may have. */
  readonly host: string | undefined
}

type Connection = { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean }
/** As much of a request as tells whom it is from. */
export type RequestOfClient = { readonly headers: IncomingHttpHeaders; readonly socket: Connection }

/**
 * Who clients are: their addresses, and the networks under which they are counted, which are an IPv4 address or the /64
 * of an IPv6 address, which one client has to itself. Connections of trusted proxies belong to many clients, whom
 * X-Forwarded-For or Forwarded names. These headers are not believed on other connections.
 */
export class ClientNetworks {
  private readonly trustedProxies: BlockList
  /** The networks of connections that are of no proxy: one request follows another, and IPv6 takes microseconds. */
  private readonly direct = new WeakMap<Connection, string>()

  constructor(trustedProxies: BlockList = new BlockList()) {
    this.trustedProxies = trustedProxies
  }

  /** The network a connection comes from; undefined for a trusted proxy, or when the connection is already closed. */
  ofConnection({ remoteAddress }: Connection): string | undefined {
    const address = remoteAddress === undefined ? undefined : plainAddress(remoteAddress)
    return address === undefined || this.isProxy(address) ? undefined : networkOf(address)
  }

  /** The network of the client that made a request; undefined when a trusted proxy does not name it. */
  ofRequest(request: RequestOfClient): string | undefined {
    const { socket } = request
    const { remoteAddress } = socket
    if (remoteAddress === undefined) return undefined
    const known = this.direct.get(socket)
    if (known !== undefined) return known
    const peer = plainAddress(remoteAddress)
    if (peer === undefined) return undefined
    if (this.isProxy(peer)) {
      const client = this.nearestClient(request)?.address
      return client === undefined ? undefined : networkOf(client)
    }
    const network = networkOf(peer)
    this.direct.set(socket, network)
    return network
  }

  /**
   * The address of the client that made a request, in its shortest form, and IPv4 where it is mapped to IPv6: that of
   * the connection, or of whom the trusted proxies name. Undefined when the connection is already closed.
   */
  addressOf(request: RequestOfClient): string | undefined {
    return this.originOf(request).address
  }

  /** Whom a request is from, and at which URL, for log lines. A socket forgets its address when it is closed. */
  originOf(request: RequestOfClient, remoteAddress: string | undefined = request.socket.remoteAddress): ClientOrigin {
    const peer = remoteAddress === undefined ? undefined : plainAddress(remoteAddress)
    const { address, scheme, host } = (peer !== undefined && this.isProxy(peer) && this.nearestClient(request)) || {}
    return {
      address: address ?? peer,
      scheme: scheme ?? (request.socket.encrypted ? 'https' : 'http'),
      host: host ?? plainHost(request.headers.host),
    }
  }

  /** True for a request that a trusted proxy has made. */
  isFromProxy({ socket: { remoteAddress } }: RequestOfClient): boolean {
    const peer = remoteAddress === undefined ? undefined : plainAddress(remoteAddress)
    return peer !== undefined && this.isProxy(peer)
  }

  /** The nearest hop from somebody who is no trusted proxy: what proxies tell of those before it is not evidence. */
  private nearestClient({ headers }: RequestOfClient): ForwardedHop | undefined {
    return forwardedHops(headers).find(({ address }) => address === undefined || !this.isProxy(address))
  }

  private isProxy(address: string): boolean {
    return this.trustedProxies.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
  }
}

/** The network of an address in its shortest form. */
function networkOf(address: string): string {
  if (isIPv4(address)) return address
  return `${firstGroups(address, 4)}::/64`
}
