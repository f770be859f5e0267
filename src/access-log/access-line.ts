import type { Socket } from 'node:net'
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

/** Members of a line that are the same for all requests of an endpoint or a channel, each with a comma before it. */
type Constants = { readonly channel: Uint8Array; readonly endpoint: Uint8Array }

/** Our own members of a line. */
type Own = Partial<Pick<Egress, 'kind' | 'bytesFrom'>> & { readonly refusal: string | undefined }

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
  private readonly ofChannels = new WeakMap<Channel, Uint8Array>()
  private readonly direct = new WeakMap<Socket, Client>()
  // Of the line before, since most have the same.
  private publicOrigin = { publicUrl: '', url: '', host: '' }
  private second = { number: 0, text: '' }
  private host: { readonly header: string | undefined; readonly plain: string | undefined } = {
    header: undefined,
    plain: undefined,
  }
  private userAgent = { header: '', json: Buffer.from(JSON.stringify(ABSENT)) }

  constructor(options: AccessLinesOptions) {
    this.options = options
  }

  /** The line of a request that has ended, at `now`. */
  ofEgress(exchange: Exchange, { endpoint, kind, refusal, bytesFrom }: Egress, now: UtcMs): AccessLine {
    let constants = this.ofEndpoints.get(endpoint)
    if (!constants) {
      const { account } = this.options
      constants = {
        channel: this.channelPart(endpoint.channelId, endpoint.channelGuid),
        endpoint: membersOf({
          endpointId: endpoint.id,
          endpointArn: arnOf(account, 'origin_endpoints', endpoint.guid),
        }),
      }
      this.ofEndpoints.set(endpoint, constants)
    }
    return this.line(exchange, now, constants, { kind, bytesFrom, refusal })
  }

  ofIngress(exchange: Exchange, { channel, ingestEndpointId, refusal }: Ingress, now: UtcMs): AccessLine {
    let constants = this.ofChannels.get(channel)
    if (constants === undefined) {
      constants = this.channelPart(channel.id, channel.guid)
      this.ofChannels.set(channel, constants)
    }
    return this.line(exchange, now, { channel: constants, endpoint: membersOf({ ingestEndpointId }) }, { refusal })
  }

  private line(exchange: Exchange, now: UtcMs, constants: Constants, own: Own): AccessLine {
    return new RequestLine(this, exchange, { client: this.clientOf(exchange), constants, own, now })
  }

  /** Writes a line of these. */
  write(line: RequestLine, writer: LineWriter): void {
    const { client, constants, isTls } = line
    const host = client.namedHost ?? this.hostOf(line.host)
    const origin = this.currentOrigin()
    writer.ascii('{"timestamp":"')
    this.writeTime(line, writer)
    writer.ascii('","clientIp":"')
    writer.ascii(client.clientIp)
    writer.ascii('","processingTime":')
    writer.integer(Math.floor(line.processingMicros / 1e6))
    writer.ascii('.')
    writer.integer(line.processingMicros % 1e6, 6)
    writer.ascii(',"statusCode":"')
    writer.integer(line.status)
    writer.ascii('","receivedBytes":')
    writer.integer(line.receivedBytes)
    writer.ascii(',"sentBytes":')
    writer.integer(line.sentBytes)
    writer.ascii(',"method":"')
    writer.ascii(line.method)
    writer.ascii('","request":"')
    writer.json(origin.url)
    writer.json(localTarget(line.target))
    writer.ascii('","protocol":"HTTP/')
    writer.ascii(line.httpVersion)
    writer.ascii('","userAgent":')
    writer.raw(this.userAgentOf(line.userAgent))
    writer.raw(constants.channel)
    writer.ascii(',"domainName":"')
    writer.json(isTls ? nameOf(line.serverName, host) : ABSENT)
    writer.ascii('","requestId":"')
    writer.ascii(line.requestId)
    writer.ascii('"')
    writer.raw(constants.endpoint)
    writer.ascii(',"windrow":{')
    const ofOthers = host === undefined || host === origin.host ? '' : `,"host":${JSON.stringify(host)}`
    const ours = `${ownMembers(line)}${client.ofProxy}${ofOthers}`
    writer.text(ours.slice(1))
    writer.ascii('}}\n')
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

  /** Writes a date of ISO 8601 in UTC, with microseconds. */
  private writeTime({ at, microsecond }: RequestLine, writer: LineWriter): void {
    const second = Math.floor(at / 1000)
    if (second !== this.second.number) {
      this.second = { number: second, text: new Date(second * 1000).toISOString().slice(0, -4) }
    }
    writer.ascii(this.second.text)
    writer.integer((at - second * 1000) * 1000 + microsecond, 6)
    writer.ascii('Z')
  }

  private hostOf(header: string | undefined): string | undefined {
    if (header !== this.host.header) this.host = { header, plain: plainHost(header) }
    return this.host.plain
  }

  /** A User-Agent as JSON; many requests in turn have the same. */
  private userAgentOf(header: string): Uint8Array {
    if (header !== this.userAgent.header) {
      this.userAgent = { header, json: Buffer.from(JSON.stringify(loggedUserAgent(header))) }
    }
    return this.userAgent.json
  }

  private channelPart(channelId: string, guid: string): Uint8Array {
    const { account } = this.options
    return membersOf({ account: account.accountId, channelId, channelArn: arnOf(account, 'channels', guid) })
  }

  /** Scheme, host and port of the public URL, which is known once the server listens. */
  private currentOrigin(): { readonly url: string; readonly host: string } {
    const publicUrl = this.options.publicUrl()
    if (publicUrl !== this.publicOrigin.publicUrl) {
      const { protocol, hostname, host, port } = new URL(publicUrl)
      const explicitPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port
      this.publicOrigin = { publicUrl, url: `${protocol}//${hostname}:${explicitPort}`, host }
    }
    return this.publicOrigin
  }
}

/** Members of a JSON object, with a comma before them. */
function membersOf(fields: Readonly<Record<string, string>>): Uint8Array {
  return Buffer.from(`,${JSON.stringify(fields).slice(1, -1)}`)
}

/** Our own members of JSON, each with a comma before it. */
function ownMembers({ own: { kind, bytesFrom, refusal }, isAborted, isTls }: RequestLine): string {
  const ofEgress = memberOf('kind', kind) + memberOf('bytesFrom', bytesFrom) + memberOf('refusal', refusal)
  return `${ofEgress}${isAborted ? ',"aborted":true' : ''}${isTls ? ',"tls":true' : ''}`
}

/** A member of a JSON object with a comma before it; `value` is a name of ours, which needs no escapes. */
function memberOf(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":"${value}"`
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
