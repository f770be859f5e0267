import type { IncomingHttpHeaders } from 'node:http'
import { isIP, isIPv4, SocketAddress } from 'node:net'

/** What a proxy tells of one request that it passed on; members are absent where it does not tell them. */
export type ForwardedHop = {
  /** Address of who asked the proxy, in its shortest form; an IPv4 address is never mapped to IPv6. */
  readonly address?: string
  readonly scheme?: 'http' | 'https'
  readonly host?: string
}

/** The most proxies that a request passes. */
const MOST_HOPS = 32

/**
 * The hops that proxies name, the nearest first: those of X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host, and
 * where there is no X-Forwarded-For those of Forwarded, RFC 7239. Each proxy appends to these headers, so that only the
 * nearest hops are known to be from a proxy that is trusted. Empty for a header whose end cannot be read.
 */
export function forwardedHops(headers: IncomingHttpHeaders): readonly ForwardedHop[] {
  const { forwarded } = headers
  const addresses = nearestFirst(headers['x-forwarded-for'])
  if (addresses.length === 0) return typeof forwarded === 'string' ? parseForwarded(forwarded) : []
  const schemes = nearestFirst(headers['x-forwarded-proto'])
  const hosts = nearestFirst(headers['x-forwarded-host'])
  // A proxy that does not know the others passes on what the first one wrote.
  return addresses.map((text, hop) => {
    return hopOf(nodeAddress(text, false), schemes[hop] ?? schemes.at(-1), hosts[hop] ?? hosts.at(-1))
  })
}

/** An address in its shortest form, and IPv4 where it is mapped to IPv6; undefined for anything else. */
export function plainAddress(text: string): string | undefined {
  if (isIPv4(text)) return text
  // A zone says which interface of this machine it is, and not who the client is.
  const [address = ''] = text.split('%', 1)
  if (isIP(address) !== 6) return undefined
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=\d{1,3}\.)/, '')
}

/** So many of the eight groups of an IPv6 address in its shortest form. */
export function firstGroups(address: string, count: number): string {
  const [head = '', tail = ''] = address.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].slice(0, count).join(':')
}

/** A host, with its port where one is named, as a URL may have it; undefined for anything else. */
export function plainHost(text: string | undefined): string | undefined {
  return text !== undefined && /^(?:[\w.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/.test(text) ? text : undefined
}

function nearestFirst(header: string | readonly string[] | undefined): readonly string[] {
  if (header === undefined) return []
  const items = String(header).split(',')
  return items
    .slice(-MOST_HOPS)
    .map((item) => item.trim())
    .reverse()
}

function hopOf(address?: string, scheme?: string, namedHost?: string): ForwardedHop {
  const lower = scheme?.toLowerCase()
  const host = plainHost(namedHost)
  return {
    ...(address !== undefined && { address }),
    ...((lower === 'http' || lower === 'https') && { scheme: lower }),
    ...(host !== undefined && { host }),
  }
}

/** The address of a node, RFC 7239 §6, which has IPv6 in brackets; elsewhere IPv6 is also written without. */
function nodeAddress(text: string, isBracketed: boolean): string | undefined {
  if (!isBracketed && isIP(text) === 6) return plainAddress(text)
  const [, bracketed, plain] =
    /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([\d.]{7,15}))(?::(?:\d{1,5}|_[\w.-]{1,60}))?$/.exec(text) ?? []
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? plainAddress(bracketed) : undefined
  return plain !== undefined && isIPv4(plain) ? plain : undefined
}

/** One pair of an element, and what ends it. */
const PAIR =
  /[ \t]{0,16}([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]{1,300})|"((?:[^"\\]|\\.){0,300})")[ \t]{0,16}(;|$)/y

/**
 * Parses a Forwarded header, RFC 7239 §4, from its end: elements are separated by commas, their pairs by semicolons.
 * What is before an element that cannot be read is not evidence, and the client may have written it: it must not take
 * from the proxies what they have appended to it.
 */
function parseForwarded(header: string): readonly ForwardedHop[] {
  const hops: ForwardedHop[] = []
  for (const element of nearestFirst(header)) {
    const hop = parseElement(element)
    if (!hop) break
    hops.push(hop)
  }
  return hops
}

/** An element whose values have no commas, as proxies write them. */
function parseElement(element: string): ForwardedHop | undefined {
  const pairs = new Map<string, string>()
  PAIR.lastIndex = 0
  do {
    const [, name = '', token, quoted = '', end] = PAIR.exec(element) ?? []
    const key = name.toLowerCase()
    if (end === undefined || pairs.has(key)) return undefined
    pairs.set(key, token ?? quoted.replaceAll(/\\(.)/g, '$1'))
  } while (PAIR.lastIndex < element.length)
  return hopOf(nodeAddress(pairs.get('for') ?? '', true), pairs.get('proto'), pairs.get('host'))
}
