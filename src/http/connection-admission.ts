import type { Socket } from 'node:net'
import type { Log } from '../log.ts'
import type { ClientNetworks } from './client-networks.ts'
import { isTrusted } from './trusted-connections.ts'

/** The part of all connections that players never get. */
const RESERVED_PART = 1 / 20
/** Fewest reserved connections, unless that is more than half of all. */
const FEWEST_RESERVED = 16
/** The part of the reserved connections that one client may have. */
const RESERVED_PART_OF_CLIENT = 1 / 4
const LOG_INTERVAL_MS = 1000

export type ConnectionLimits = {
  /** Open connections of the process, of all kinds. */
  readonly maxConnections: number
  /** Open connections of one client network. */
  readonly maxConnectionsPerAddress: number
}

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = { maxConnections: 10_000, maxConnectionsPerAddress: 1000 }

/**
 * `new` until the first request is complete, `idle` between requests, `busy` while a response is awaited or sent, and
 * `trusted` once a request was authenticated.
 */
type Phase = 'new' | 'idle' | 'busy' | 'trusted'

/** An open connection and the limits it counts towards. */
class AdmittedConnection {
  /** With TLS, first the connection below it, and once that is secure the one that requests come from. */
  socket: Socket
  readonly client: string | undefined
  phase: Phase = 'new'
  shares: readonly Share[] = []

  constructor(socket: Socket, client: string | undefined) {
    this.socket = socket
    this.client = client
  }
}

export type { AdmittedConnection }

/** A number of connections that may be open at the same time. */
class Share {
  private readonly most: number
  private readonly phases: Readonly<Record<Phase, Set<AdmittedConnection>>> = {
    new: new Set(),
    idle: new Set(),
    busy: new Set(),
    trusted: new Set(),
  }

  constructor(most: number) {
    this.most = most
  }

  get size(): number {
    const { new: unused, idle, busy, trusted } = this.phases
    return unused.size + idle.size + busy.size + trusted.size
  }

  get isFull(): boolean {
    return this.size >= this.most
  }

  add(connection: AdmittedConnection): void {
    this.phases[connection.phase].add(connection)
  }

  delete(connection: AdmittedConnection): void {
    this.phases[connection.phase].delete(connection)
  }

  /** The connection that has been longest in the first of these phases that has one. */
  longestIn(phases: readonly Phase[]): AdmittedConnection | undefined {
    for (const phase of phases) {
      for (const connection of this.phases[phase]) if (!isTrusted(connection.socket)) return connection
    }
    return undefined
  }
}

/**
 * Decides which connections are open. Beyond a limit, a new connection takes the place of one that is not in use. When
 * all are in use, it gets one of the reserved places, on which players' requests are refused, so that encoders, the API
 * and health checks are always answered. Connections with an authenticated request are never closed for others.
 */
export class ConnectionAdmission {
  private readonly limits: ConnectionLimits
  private readonly clients: ClientNetworks
  private readonly log: Log
  private readonly all: Share
  private readonly reserve: Share
  private readonly reserved: number
  private readonly byClient = new Map<string, Share>()
  private readonly reserveByClient = new Map<string, Share>()
  private readonly counts = { closed: 0, refused: 0 }
  /** Connections closed for others, and refused, since the start. */
  readonly totals = { closed: 0, refused: 0 }
  private isLogged = false

  constructor(limits: ConnectionLimits, clients: ClientNetworks, log: Log) {
    const { maxConnections } = limits
    const wanted = Math.max(Math.ceil(maxConnections * RESERVED_PART), FEWEST_RESERVED)
    this.reserved = Math.min(wanted, Math.floor(maxConnections / 2))
    this.limits = limits
    this.clients = clients
    this.log = log
    this.all = new Share(maxConnections - this.reserved)
    this.reserve = new Share(this.reserved)
  }

  /** Connections that are open. */
  get open(): number {
    return this.all.size + this.reserve.size
  }

  /** Admits a new connection, for which others may be closed. Undefined when there is no place for it. */
  admit(socket: Socket): AdmittedConnection | undefined {
    const client = this.clients.ofConnection(socket)
    const connection = new AdmittedConnection(socket, client)
    const hasRoom = (shares: readonly Share[], phases: readonly Phase[]) =>
      shares.every((share) => this.makeRoom(share, phases, client))
    const ordinary = this.ordinaryShares(client)
    if (hasRoom(ordinary, ['new', 'idle'])) enter(connection, ordinary)
    else {
      const reserved = [
        ...shareOf(this.reserveByClient, client, Math.ceil(this.reserved * RESERVED_PART_OF_CLIENT)),
        this.reserve,
      ]
      if (!hasRoom(reserved, ['new', 'idle', 'busy'])) {
        this.count('refused', client)
        this.forgetUnused(client)
        return undefined
      }
      enter(connection, reserved)
    }
    socket.once('close', () => {
      leave(connection)
      this.forgetUnused(client)
    })
    return connection
  }

  /** Notes that a connection is now in use, or not any more. */
  enterPhase(connection: AdmittedConnection, phase: 'idle' | 'busy'): void {
    const { shares } = connection
    if (connection.phase === 'trusted') return
    for (const share of shares) share.delete(connection)
    connection.phase = isTrusted(connection.socket) ? 'trusted' : phase
    for (const share of shares) share.add(connection)
  }

  /** True unless the connection has one of the reserved places, and there is still no other for it. */
  servesPlayers(connection: AdmittedConnection): boolean {
    if (!connection.shares.includes(this.reserve)) return true
    const ordinary = this.ordinaryShares(connection.client)
    if (ordinary.some((share) => share.isFull)) return false
    leave(connection)
    enter(connection, ordinary)
    return true
  }

  private ordinaryShares(client: string | undefined): readonly Share[] {
    return [...shareOf(this.byClient, client, this.limits.maxConnectionsPerAddress), this.all]
  }

  private makeRoom(share: Share, phases: readonly Phase[], client: string | undefined): boolean {
    while (share.isFull) {
      const other = share.longestIn(phases)
      if (!other) return false
      this.count('closed', client)
      leave(other)
      other.socket.destroy()
    }
    return true
  }

  private forgetUnused(client: string | undefined): void {
    if (client === undefined) return
    for (const shares of [this.byClient, this.reserveByClient])
      if (shares.get(client)?.size === 0) shares.delete(client)
  }

  /** Counts a connection that was closed or refused, and logs the counts at most once a second. */
  private count(outcome: 'closed' | 'refused', address: string | undefined): void {
    this.counts[outcome]++
    this.totals[outcome]++
    if (this.isLogged) return
    this.isLogged = true
    setTimeout(() => {
      this.isLogged = false
    }, LOG_INTERVAL_MS).unref()
    this.log.warn(
      { event: 'connections-dropped', ...this.counts, address },
      'too many connections: unused ones are closed, and new ones refused when all are in use',
    )
    this.counts.closed = 0
    this.counts.refused = 0
  }
}

/** The share of a client, created when it has none; none for trusted proxies. */
function shareOf(shares: Map<string, Share>, client: string | undefined, most: number): readonly Share[] {
  if (client === undefined) return []
  const share = shares.get(client) ?? new Share(most)
  shares.set(client, share)
  return [share]
}

function enter(connection: AdmittedConnection, shares: readonly Share[]): void {
  connection.shares = shares
  for (const share of shares) share.add(connection)
}

function leave(connection: AdmittedConnection): void {
  for (const share of connection.shares) share.delete(connection)
  connection.shares = []
}
