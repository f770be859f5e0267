import type { Socket } from 'node:net'
import { LruCache } from '../cache/lru-cache.ts'
import type { ClientNetworks } from '../http/client-networks.ts'
import type { Exchange } from '../http/exchange.ts'
import { plainAddress, plainHost } from '../http/forwarded.ts'
import { parseTarget } from '../http/target.ts'
import type { Ingress } from '../ingest/ingress.ts'
import { type UtcMs, utcMs } from '../media/time.ts'
import { type Account, arnOf } from '../model/arn.ts'
import type { Channel } from '../model/channel.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { Egress } from '../origin/egress.ts'
import { LineEnds, type Own } from './line-end.ts'
import type { LineWriter } from './line-writer.ts'
import { ABSENT, type LoggedAddressForm, loggedAddress } from './logged-address.ts'
import { loggedUserAgent } from './logged-user-agent.ts'
import type { AccessLine } from './sink.ts'

export type AccessLinesOptions = {
  readonly account: Account
  /** The URL at which clients reach this server. */
  readonly publicUrl: () => string
  readonly clients: ClientNetworks
  readonly addressForm: LoggedAddressForm
}

/** Bytes of a line without its target and User-Agent, with what its values take. */
const COMMON_SIZE = 1000
/** User-Agents whose bytes are kept. Memory: 4 MiB at most, as each may keep the head of its request. */
const MOST_USER_AGENTS = 256
const NOTHING: Uint8Array = Buffer.alloc(0)

/** Parts of a line that are the same for all requests of an endpoint or a channel. */
type Constants = {
  /** From the User-Agent to the text of `domainName`. */
  readonly channel: Uint8Array
  readonly ends: LineEnds
}

/** Whom a request is from, as its line has it. */
type Client = {
  readonly clientIp: string
  /** The trusted proxy, as a member of JSON with a comma before it; empty when there is none. */
  readonly ofProxy: string
  /** The host that the client asked, as the proxy tells it. */
  readonly namedHost: string | undefined
}

/** What a line has of its request, which is forgotten before the line is written: one object, as there are many. */
class RequestLine implements AccessLine {
  readonly at: UtcMs
  readonly size: number
  readonly requestId: string
  readonly status: number
  readonly isAborted: boolean
  readonly isTls: boolean
  readonly serverName: string | undefined
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly processingMicros: number
  /** Of the millisecond in which the request was received. */
  readonly microsecond: number
  readonly method: string
  readonly target: string
  readonly httpVersion: string
  readonly host: string | undefined
  readonly userAgent: string
  readonly client: Client
  readonly constants: Constants
  readonly own: Own
  private readonly lines: AccessLines

  constructor(
    lines: AccessLines,
    exchange: Exchange,
    { client, constants, own, now }: { client: Client; constants: Constants; own: Own; now: UtcMs },
  ) {
    const { request } = exchange
    const { headers } = request
    const receivedAt = now - exchange.durationMs
    this.at = utcMs(Math.floor(receivedAt))
    this.microsecond = Math.floor((receivedAt - this.at) * 1000)
    this.requestId = exchange.requestId
    this.status = exchange.status
    this.isAborted = exchange.isAborted
    this.isTls = exchange.isTls
    this.serverName = exchange.serverName
    this.receivedBytes = exchange.receivedBytes
    this.sentBytes = exchange.sentBytes
    this.processingMicros = Math.round(exchange.processingMs * 1000)
    this.method = request.method ?? ''
    this.target = request.url ?? ''
    this.httpVersion = request.httpVersion
    this.host = headers.host
    this.userAgent = headers['user-agent'] ?? ''
    this.client = client
    this.constants = constants
    this.own = own
    this.lines = lines
    this.size = COMMON_SIZE + this.target.length + this.userAgent.length
  }

  writeTo(writer: LineWriter): void {
    this.lines.write(this, writer)
  }
}

/**
 * Writes the lines of access logs: the fields of MediaPackage, and our own under the key `windrow`. Of headers they
 * have Host and User-Agent alone.
 */
export class AccessLines {
  private readonly options: AccessLinesOptions
  private readonly ofEndpoints = new WeakMap<OriginEndpoint, Constants>()
  private readonly ofChannels = new WeakMap<Channel, Map<string, Constants>>()
  private readonly direct = new WeakMap<Socket, Client>()
  /** As JSON. */
  private readonly userAgents = new LruCache<Uint8Array>(MOST_USER_AGENTS)
  /** By the status. */
  private readonly statuses = new Map<number, Uint8Array>()
  // Of the line before, since most have the same.
  private publicOrigin = { publicUrl: '', host: '', ofGet: NOTHING, url: '' }
  private second = { number: -1, begin: NOTHING }
  private host: { readonly header: string | undefined; readonly plain: string | undefined } = {
    header: undefined,
    plain: undefined,
  }

  constructor(options: AccessLinesOptions) {
    this.options = options
  }

  /** The line of a request that has ended, at `now`. */
  ofEgress(exchange: Exchange, { endpoint, kind, refusal, bytesFrom }: Egress, now: UtcMs): AccessLine {
    let constants = this.ofEndpoints.get(endpoint)
    if (!constants) {
      const endpointArn = arnOf(this.options.account, 'origin_endpoints', endpoint.guid)
      constants = this.constantsOf(endpoint.channelId, endpoint.channelGuid, { endpointId: endpoint.id, endpointArn })
      this.ofEndpoints.set(endpoint, constants)
    }
    return this.line(exchange, now, constants, { kind, bytesFrom, refusal })
  }

  ofIngress(exchange: Exchange, { channel, ingestEndpointId, refusal }: Ingress, now: UtcMs): AccessLine {
    // A channel has two of them.
    let byId = this.ofChannels.get(channel)
    if (!byId) {
      byId = new Map()
      this.ofChannels.set(channel, byId)
    }
    let constants = byId.get(ingestEndpointId)
    if (!constants) {
      constants = this.constantsOf(channel.id, channel.guid, { ingestEndpointId })
      byId.set(ingestEndpointId, constants)
    }
    return this.line(exchange, now, constants, { refusal })
  }

  private line(exchange: Exchange, now: UtcMs, constants: Constants, own: Own): AccessLine {
    return new RequestLine(this, exchange, { client: this.clientOf(exchange), constants, own, now })
  }

  /** Writes a line of these. */
  write(line: RequestLine, writer: LineWriter): void {
    const { client, constants, isTls } = line
    const host = client.namedHost ?? this.hostOf(line.host)
    const origin = this.currentOrigin()
    this.writeTime(line, writer)
    writer.ascii('Z","clientIp":"')
    writer.ascii(client.clientIp)
    writer.ascii('","processingTime":')
    writer.integer(Math.floor(line.processingMicros / 1e6))
    writer.ascii('.')
    writer.integer(line.processingMicros % 1e6, 6)
    writer.raw(this.statusOf(line.status))
    writer.integer(line.receivedBytes)
    writer.ascii(',"sentBytes":')
    writer.integer(line.sentBytes)
    if (line.method === 'GET') writer.raw(origin.ofGet)
    else {
      writer.ascii(',"method":"')
      writer.ascii(line.method)
      writer.ascii('","request":"')
      writer.json(origin.url)
    }
    writer.json(localTarget(line.target))
    writer.ascii('","protocol":"HTTP/')
    writer.ascii(line.httpVersion)
    writer.ascii('","userAgent":')
    writer.raw(this.userAgentOf(line.userAgent))
    writer.raw(constants.channel)
    writer.json(isTls ? nameOf(line.serverName, host) : ABSENT)
    writer.ascii('","requestId":"')
    writer.ascii(line.requestId)
    writer.raw(constants.ends.bytesOf(line, client.ofProxy, host === origin.host ? undefined : host))
  }

  /** Whom a request is from. Connections that are of no trusted proxy have one client. */
  private clientOf({ request, remoteAddress }: Exchange): Client {
    const { clients, addressForm } = this.options
    const known = this.direct.get(request.socket)
    if (known) return known
    const { address, host } = clients.originOf(request, remoteAddress)
    const clientIp = loggedAddress(address, addressForm)
    const isDirect = remoteAddress === undefined || clients.ofConnection({ remoteAddress }) !== undefined
    if (!isDirect) return { clientIp, ofProxy: `,"proxy":"${plainAddress(remoteAddress) ?? ABSENT}"`, namedHost: host }
    const client = { clientIp, ofProxy: '', namedHost: undefined }
    this.direct.set(request.socket, client)
    return client
  }

  /** Writes the beginning of a line, up to the `Z` of a date of ISO 8601 with microseconds. */
  private writeTime({ at, microsecond }: RequestLine, writer: LineWriter): void {
    const second = Math.floor(at / 1000)
    if (second !== this.second.number) {
      const date = new Date(second * 1000).toISOString().slice(0, -4)
      this.second = { number: second, begin: Buffer.from(`{"timestamp":"${date}`) }
    }
    writer.raw(this.second.begin)
    writer.integer((at - second * 1000) * 1000 + microsecond, 6)
  }

  /** From the status to the value of `receivedBytes`. */
  private statusOf(status: number): Uint8Array {
    let bytes = this.statuses.get(status)
    if (!bytes) {
      bytes = Buffer.from(`,"statusCode":"${status}","receivedBytes":`)
      this.statuses.set(status, bytes)
    }
    return bytes
  }

  private hostOf(header: string | undefined): string | undefined {
    if (header !== this.host.header) this.host = { header, plain: plainHost(header) }
    return this.host.plain
  }

  /** A User-Agent as JSON. */
  private userAgentOf(header: string): Uint8Array {
    const known = this.userAgents.get(header)
    if (known) return known
    const json = Buffer.from(JSON.stringify(loggedUserAgent(header)))
    this.userAgents.put(header, json, 1)
    return json
  }

  private constantsOf(channelId: string, guid: string, ofEndpoint: Readonly<Record<string, string>>): Constants {
    const { account } = this.options
    const ofChannel = { account: account.accountId, channelId, channelArn: arnOf(account, 'channels', guid) }
    const channel = Buffer.from(`${membersOf(ofChannel)},"domainName":"`)
    return { channel, ends: new LineEnds(membersOf(ofEndpoint)) }
  }

  /** Scheme, host and port of the public URL, which is known once the server listens. */
  private currentOrigin(): AccessLines['publicOrigin'] {
    const publicUrl = this.options.publicUrl()
    if (publicUrl !== this.publicOrigin.publicUrl) {
      const { protocol, hostname, host, port } = new URL(publicUrl)
      const explicitPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port
      const url = `${protocol}//${hostname}:${explicitPort}`
      const ofGet = Buffer.from(`,"method":"GET","request":${JSON.stringify(url).slice(0, -1)}`)
      this.publicOrigin = { publicUrl, host, ofGet, url }
    }
    return this.publicOrigin
  }
}

/** Members of a JSON object, with a comma before them. */
function membersOf(fields: Readonly<Record<string, string>>): string {
  return `,${JSON.stringify(fields).slice(1, -1)}`
}

/** The path and query of a request target, without the scheme, user name and host that it may have. */
function localTarget(target: string): string {
  if (target.startsWith('/')) return target
  const { path, query } = parseTarget(target) ?? { path: '/', query: '' }
  return query === '' ? path : `${path}?${query}`
}

/** The name that the client asked a certificate for; without one, that of its Host header. */
function nameOf(serverName: string | undefined, host: string | undefined): string {
  if (serverName !== undefined) return serverName
  return host === undefined ? ABSENT : (URL.parse(`https://${host}`)?.hostname ?? ABSENT)
}
