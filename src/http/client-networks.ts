import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv4 } from 'node:net'

/**
 * The networks under which clients are counted: an IPv4 address, or the /64 of an IPv6 address, which one client has
 * to itself. Connections of trusted proxies belong to many clients, whom X-Forwarded-For names.
 */
export class ClientNetworks {
  private readonly trustedProxies: BlockList

  constructor(trustedProxies: BlockList = new BlockList()) {
    this.trustedProxies = trustedProxies
  }

  /** The network a connection comes from; undefined for a trusted proxy, or when the connection is already closed. */
  ofConnection({ remoteAddress }: { readonly remoteAddress?: string | undefined }): string | undefined {
    if (remoteAddress === undefined || this.isProxy(remoteAddress)) return undefined
    return clientNetwork(remoteAddress)
  }

  /** The network of the client that made a request; undefined when a trusted proxy does not name it. */
  ofRequest({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): string | undefined {
    if (socket.remoteAddress === undefined || !this.isProxy(socket.remoteAddress)) return this.ofConnection(socket)
    // Each proxy appends the address it was asked by: only what trusted proxies appended is evidence.
    const forwarded = String(headers['x-forwarded-for'] ?? '').split(',')
    const client = forwarded.map((address) => address.trim()).findLast((address) => !this.isProxy(address))
    return client !== undefined && isIP(client) !== 0 ? clientNetwork(client) : undefined
  }

  private isProxy(address: string): boolean {
    const plain = withoutMapping(address)
    return isIP(plain) !== 0 && this.trustedProxies.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6')
  }
}

/** An IPv4 client of a dual-stack socket looks like ::ffff:192.0.2.1. */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

function clientNetwork(address: string): string {
  const plain = withoutMapping(address)
  if (isIPv4(plain)) return plain
  const [head = '', tail] = plain.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const omitted = tail === undefined ? 0 : 8 - before.length - after.length
  const groups = [...before, ...Array.from({ length: Math.max(omitted, 0) }, () => '0'), ...after]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
