import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
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
import { ABSENT, type LoggedAddressForm, loggedAddress } from './logged-address.ts'
import type { AccessLine } from './sink.ts'

/** Bytes of a User-Agent that a line has. */
const MOST_USER_AGENT_BYTES = 8192

export type AccessLinesOptions = {
  readonly account: Account
  /** The URL at which clients reach this server. */
  readonly publicUrl: () => string
  readonly clients: ClientNetworks
  readonly addressForm: LoggedAddressForm
}

/** Members of a line that are the same for all requests, as JSON with a comma before them. */
type Constants = { readonly channel: string; readonly endpoint: string }

/** Whom a request is from, as its line has it. */
type Client = {
  readonly clientIp: string
  /** The trusted proxy, as a member of JSON with a comma before it; empty when there is none. */
  readonly ofProxy: string
  /** The host that the client asked, as the proxy tells it. */
  readonly namedHost: string | undefined
}

/**
 * Writes the lines of access logs: the fields of MediaPackage, and our own under the key `windrow`. Of headers they
 * have Host and User-Agent alone.
 */
export class AccessLines {
  private readonly options: AccessLinesOptions
  private readonly ofEndpoints = new WeakMap<OriginEndpoint, Constants>()
  private readonly ofChannels = new WeakMap<Channel, string>()
  private readonly direct = new WeakMap<Socket, Client>()
  // Of the line before, since most have the same.
  private publicOrigin = { publicUrl: '', url: '', host: '' }
  private second = { number: 0, text: '' }
  private host: { readonly header: string | undefined; readonly plain: string | undefined } = {
    header: undefined,
    plain: undefined,
  }
  private userAgent = { header: '', json: JSON.stringify(ABSENT) }

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
    const own = memberOf('kind', kind) + memberOf('bytesFrom', bytesFrom) + memberOf('refusal', refusal)
    return this.line(exchange, now, constants, own)
  }

  ofIngress(exchange: Exchange, { channel, ingestEndpointId, refusal }: Ingress, now: UtcMs): AccessLine {
    let constants = this.ofChannels.get(channel)
    if (constants === undefined) {
      constants = this.channelPart(channel.id, channel.guid)
      this.ofChannels.set(channel, constants)
    }
    const endpoint = membersOf({ ingestEndpointId })
    return this.line(exchange, now, { channel: constants, endpoint }, memberOf('refusal', refusal))
  }

  private line(exchange: Exchange, now: UtcMs, { channel, endpoint }: Constants, own: string): AccessLine {
    const { request, isTls } = exchange
    const { clientIp, ofProxy, namedHost } = this.clientOf(exchange)
    const host = namedHost ?? this.hostOf(request.headers.host)
    const { url: origin, host: publicHost } = this.currentOrigin()
    const domainName = isTls ? JSON.stringify(nameOf(request.socket as TLSSocket, host)) : `"${ABSENT}"`
    const receivedAt = now - exchange.durationMs
    const ofOthers = host === undefined || host === publicHost ? ofProxy : `${ofProxy},"host":${JSON.stringify(host)}`
    const fields = `${own}${exchange.isAborted ? ',"aborted":true' : ''}${isTls ? ',"tls":true' : ''}${ofOthers}`
    const text =
      `{"timestamp":"${this.timestampOf(receivedAt)}","clientIp":"${clientIp}"` +
      `,"processingTime":${secondsOf(exchange.processingMs)},"statusCode":"${exchange.status}"` +
      `,"receivedBytes":${exchange.receivedBytes},"sentBytes":${exchange.sentBytes}` +
      `,"method":"${request.method}","request":${JSON.stringify(origin + localTarget(request.url ?? ''))}` +
      `,"protocol":"HTTP/${request.httpVersion}","userAgent":${this.userAgentOf(request.headers['user-agent'])}` +
      `${channel},"domainName":${domainName},"requestId":"${exchange.requestId}"${endpoint}` +
      `,"windrow":{${fields.slice(1)}}}\n`
    // At once: what texts are put together from would live as long as they.
    return { at: utcMs(Math.floor(receivedAt)), bytes: Buffer.from(text) }
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

  /** A date of ISO 8601 in UTC, with microseconds. */
  private timestampOf(ms: number): string {
    const second = Math.floor(ms / 1000)
    if (second !== this.second.number) {
      this.second = { number: second, text: new Date(second * 1000).toISOString().slice(0, -4) }
    }
    const microseconds = Math.floor((ms - second * 1000) * 1000)
    return `${this.second.text}${String(microseconds).padStart(6, '0')}Z`
  }

  private hostOf(header: string | undefined): string | undefined {
    if (header !== this.host.header) this.host = { header, plain: plainHost(header) }
    return this.host.plain
  }

  /** A User-Agent as JSON; many requests in turn have the same. */
  private userAgentOf(header = ''): string {
    if (header !== this.userAgent.header) this.userAgent = { header, json: JSON.stringify(shownUserAgent(header)) }
    return this.userAgent.json
  }

  private channelPart(channelId: string, guid: string): string {
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
function membersOf(fields: Readonly<Record<string, string>>): string {
  return `,${JSON.stringify(fields).slice(1, -1)}`
}

/** Milliseconds as seconds with six digits; other numbers take longer to write. */
function secondsOf(ms: number): string {
  const microseconds = Math.round(ms * 1000)
  return `${Math.floor(microseconds / 1e6)}.${String(microseconds % 1e6).padStart(6, '0')}`
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
function nameOf({ servername }: Partial<TLSSocket>, host: string | undefined): string {
  if (typeof servername === 'string' && servername !== '') return servername
  return host === undefined ? ABSENT : (URL.parse(`https://${host}`)?.hostname ?? ABSENT)
}

/** Text that Node has read as Latin-1, as the UTF-8 that it is, if it is. */
function asUtf8(text: string): string {
  if (!/[\x80-\xff]/.test(text)) return text
  const bytes = Buffer.from(text, 'latin1')
  const decoded = bytes.toString('utf8')
  return decoded.includes('\ufffd') ? text : decoded
}

function shownUserAgent(header: string): string {
  if (header === '') return ABSENT
  // A character takes at most twice as many bytes as Node has read of it.
  const text = asUtf8(header)
  return 2 * header.length > MOST_USER_AGENT_BYTES ? firstBytes(text, MOST_USER_AGENT_BYTES) : text
}

/** As many whole characters of a text as fit into so many bytes of UTF-8. */
function firstBytes(text: string, most: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= most) return text
  let end = most
  // Bytes 10xxxxxx continue a character, RFC 3629 §3.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
