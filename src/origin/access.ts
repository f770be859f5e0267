import { BlockList, isIPv4 } from 'node:net'
import type { Clock } from '../clock.ts'
import type { ClientNetworks } from '../http/client-networks.ts'
import type { HttpRequest } from '../http/message.ts'
import { TokenBuckets } from '../http/token-buckets.ts'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import { PLAYBACK_ERRORS } from './playback-error.ts'
import type { PlaybackRefusal } from './responses.ts'

/** The header in which a CDN shows that it may read an endpoint with CDN authorization. */
const CDN_HEADER = 'x-mediapackage-cdnidentifier'
/** The most bytes of an identifier: 128 characters. Whoever sends more need not be compared. */
const MOST_CDN_BYTES = 512

/** Port: judges what a CDN sends by the secret of an endpoint, which is `unavailable` where nothing can match it. */
export type IdentifierJudge = {
  judge(
    secret: NonNullable<OriginEndpoint['authorization']>,
    value: Uint8Array,
  ): Promise<'accepted' | 'wrong' | 'unavailable'>
}

export type PlaybackAccessDeps = {
  readonly clients: ClientNetworks
  readonly identifiers: IdentifierJudge
  readonly clock: Clock
  /** Responses 403 and 404 to one client network, after twice as many; beyond that it gets 429 instead. */
  readonly missesPerSecond: number
}

type Asking = Pick<HttpRequest, 'headers' | 'rawHeaders' | 'socket'>

const whitelists = new WeakMap<OriginEndpoint, BlockList>()

/** Decides who may read an endpoint, and slows down who guesses. */
export class PlaybackAccess {
  private readonly clients: ClientNetworks
  private readonly identifiers: IdentifierJudge
  private readonly clock: Clock
  private readonly misses: TokenBuckets
  /** Requests of CDNs that have shown a good identifier. */
  private readonly identified = new WeakSet<Asking>()

  constructor({ clients, identifiers, clock, missesPerSecond }: PlaybackAccessDeps) {
    this.clients = clients
    this.identifiers = identifiers
    this.clock = clock
    this.misses = new TokenBuckets(missesPerSecond, 2 * missesPerSecond)
  }

  /**
   * The reason why a client may not read this endpoint, as it is now; undefined when it may. At once, but for endpoints
   * with CDN authorization.
   */
  refusalOf(
    endpoint: OriginEndpoint,
    request: Asking,
  ): PlaybackRefusal | undefined | Promise<PlaybackRefusal | undefined> {
    if (endpoint.origination === 'DENY') return { error: 'OriginationDenied' }
    if (endpoint.whitelist.length > 0 && !isListed(endpoint, this.clients.addressOf(request))) {
      return { error: 'NotWhitelisted' }
    }
    return endpoint.authorization && this.identify(endpoint.authorization, request)
  }

  private async identify(
    authorization: NonNullable<OriginEndpoint['authorization']>,
    request: Asking,
  ): Promise<PlaybackRefusal | undefined> {
    const given = cdnIdentifierOf(request.rawHeaders)
    const judgement = typeof given === 'string' ? given : await this.identifiers.judge(authorization, given)
    if (judgement === 'accepted') {
      this.identified.add(request)
      return undefined
    }
    const reason = `cdn-identifier: ${judgement === 'unavailable' ? 'secret unavailable' : judgement}`
    return { error: 'CdnIdentifierRefused', reason }
  }

  /**
   * What a request is answered that gets no media: 429 where its client has had many such answers. No request that
   * would get media is ever refused for that. Answers to CDNs that have shown a good identifier do not count, nor those
   * to proxies that do not say for whom they ask: many viewers are behind these.
   */
  answerTo(request: Asking, refusal: PlaybackRefusal): PlaybackRefusal {
    const { status } = PLAYBACK_ERRORS[refusal.error]
    if ((status !== 403 && status !== 404) || this.identified.has(request)) return refusal
    const client = this.clients.ofRequest(request)
    if (client === undefined || this.misses.take(client, this.clock()) === 0) return refusal
    return { error: 'TooManyMisses' }
  }
}

/** The bytes of the one header with a CDN's identifier; why there is nothing to compare otherwise. */
function cdnIdentifierOf(rawHeaders: readonly string[]): Buffer | 'missing' | 'repeated' | 'wrong' {
  const values: string[] = []
  // Node joins repeated headers, as if one had been sent.
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = [rawHeaders[i], rawHeaders[i + 1]]
    if (name.length === CDN_HEADER.length && name.toLowerCase() === CDN_HEADER) values.push(value)
  }
  const [value = '', another] = values
  if (another !== undefined) return 'repeated'
  if (value === '') return 'missing'
  return value.length > MOST_CDN_BYTES ? 'wrong' : Buffer.from(value, 'latin1')
}

function isListed(endpoint: OriginEndpoint, address = ''): boolean {
  let whitelist = whitelists.get(endpoint)
  if (!whitelist) {
    whitelist = parseWhitelist(endpoint.whitelist)
    whitelists.set(endpoint, whitelist)
  }
  return isIPv4(address) && whitelist.check(address)
}

/** Parses a whitelist. A block that cannot be read admits no one. */
function parseWhitelist(blocks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const block of blocks) {
    const [, address = '', bits = '32'] = /^([\d.]+)(?:\/(\d{1,2}))?$/.exec(block) ?? []
    if (isIPv4(address) && Number(bits) <= 32) list.addSubnet(address, Number(bits))
  }
  return list
}
