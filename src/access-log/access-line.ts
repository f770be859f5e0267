import type { TLSSocket } from 'node:tls'
import type { ClientNetworks } from '../http/client-networks.ts'
import type { Exchange } from '../http/exchange.ts'
import { plainAddress } from '../http/forwarded.ts'
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

/** What a line has beyond MediaPackage's fields. Members that are undefined are left out. */
type OwnFields = Readonly<Record<string, string | boolean | undefined>>

/**
 * Writes the lines of access logs: the fields of MediaPackage, and our own under the key `windrow`. Of headers they
 * have Host and User-Agent alone.
 */
export class AccessLines {
  private readonly options: AccessLinesOptions
  private readonly ofEndpoints = new WeakMap<OriginEndpoint, Constants>()
  private readonly ofChannels = new WeakMap<Channel, string>()
  private publicOrigin = { url: '', text: '', host: '' }

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
    const endpoint = membersOf({ ingestEndpointId })
    return this.line(exchange, now, { channel: constants, endpoint }, { refusal })
  }

  private line(exchange: Exchange, now: UtcMs, constants: Constants, fields: OwnFields): AccessLine {
    const { request, remoteAddress, requestId, isTls } = exchange
    const { clients, addressForm } = this.options
    const { text: url, host: publicHost } = this.currentOrigin()
    const { address, host } = clients.originOf(request, remoteAddress)
    const target = parseTarget(request.url ?? '') ?? { path: '/', query: '' }
    const local = target.query === '' ? target.path : `${target.path}?${target.query}`
    const receivedAt = now - exchange.durationMs
    const own: OwnFields = {
      ...fields,
      aborted: exchange.isAborted || undefined,
      tls: isTls || undefined,
      host: host === publicHost ? undefined : host,
      proxy:
        remoteAddress === undefined || clients.ofConnection({ remoteAddress })
          ? undefined
          : plainAddress(remoteAddress),
    }
    const text =
      `{"timestamp":"${timestampOf(receivedAt)}","clientIp":"${loggedAddress(address, addressForm)}"` +
      `,"processingTime":${Math.round(exchange.processingMs * 1000) / 1e6},"statusCode":"${exchange.status}"` +
      `,"receivedBytes":${exchange.receivedBytes},"sentBytes":${exchange.sentBytes}` +
      `,"method":"${request.method}","request":${JSON.stringify(url + local)}` +
      `,"protocol":"HTTP/${request.httpVersion}","userAgent":${JSON.stringify(userAgentOf(request.headers['user-agent']))}` +
      `${constants.channel},"domainName":${JSON.stringify(isTls ? nameOf(request.socket as TLSSocket, host) : ABSENT)}` +
      `,"requestId":"${requestId}"${constants.endpoint},"windrow":${JSON.stringify(own)}}\n`
    return { at: utcMs(Math.floor(receivedAt)), text }
  }

  private channelPart(channelId: string, guid: string): string {
    const { account } = this.options
    return membersOf({ account: account.accountId, channelId, channelArn: arnOf(account, 'channels', guid) })
  }

  /** Scheme, host and port of the public URL, which is known once the server listens. */
  private currentOrigin(): { readonly text: string; readonly host: string } {
    const url = this.options.publicUrl()
    if (url !== this.publicOrigin.url) {
      const { protocol, hostname, host, port } = new URL(url)
      const explicitPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port
      this.publicOrigin = { url, text: `${protocol}//${hostname}:${explicitPort}`, host }
    }
    return this.publicOrigin
  }
}

/** Members of a JSON object, with a comma before them. */
function membersOf(fields: Readonly<Record<string, string>>): string {
  return `,${JSON.stringify(fields).slice(1, -1)}`
}

/** A date of ISO 8601 in UTC, with microseconds. */
function timestampOf(ms: number): string {
  const whole = Math.floor(ms)
  const microseconds = Math.floor((ms - whole) * 1000)
  return `${new Date(whole).toISOString().slice(0, -1)}${String(microseconds).padStart(3, '0')}Z`
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

function userAgentOf(header: string | undefined): string {
  if (header === undefined || header === '') return ABSENT
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
