import type { Socket } from 'node:net'

const trusted = new WeakSet<Socket>()

/** Notes that a request on this connection was authenticated: it is never closed to make room for others. */
export function trustConnection(socket: Socket): void {
  trusted.add(socket)
}

export function isTrusted(socket: Socket): boolean {
  return trusted.has(socket)
}
