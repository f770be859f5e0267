import { BlockList, isIPv4 } from 'node:net'
import type { OriginEndpoint } from '../model/origin-endpoint.ts'
import type { PlaybackError } from './playback-error.ts'

const whitelists = new WeakMap<OriginEndpoint, BlockList>()

/** The reason why a client may not read this endpoint, by its IPv4 address where it has one; undefined when it may. */
export function refusalOf(endpoint: OriginEndpoint, address: string | undefined): PlaybackError | undefined {
  if (endpoint.origination === 'DENY') return 'OriginationDenied'
  if (endpoint.whitelist.length > 0 && !isListed(endpoint, address)) return 'NotWhitelisted'
  if (endpoint.authorization) return 'AuthorizationNotSupported'
  return undefined
}

function isListed(endpoint: OriginEndpoint, clientAddress = ''): boolean {
  let whitelist = whitelists.get(endpoint)
  if (!whitelist) {
    whitelist = parseWhitelist(endpoint.whitelist)
    whitelists.set(endpoint, whitelist)
  }
  // An IPv4 client of a dual-stack socket looks like ::ffff:192.0.2.1.
  const address = clientAddress.replace(/^::ffff:/i, '')
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
