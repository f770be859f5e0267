import { BlockList, isIP } from 'node:net'

/** IPv4 blocks of networks that are not the public Internet, RFC 6890, with the addresses of clouds' metadata. */
const IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  // Azure's platform services answer here.
  ['168.63.129.16', 32],
] as const

/** The same of IPv6: loopback and IPv4-compatible, local NAT64, discard, Teredo to ORCHID, documentation. */
const IPV6 = [
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
] as const

/** Prefixes of IPv6 behind which an IPv4 address stands at once: mapped, SIIT (RFC 2765), NAT64 (6052), 6to4 (3056). */
const CARRIERS = [
  { before: '::ffff:', after: '', bits: 96 },
  { before: '::ffff:0:', after: '', bits: 96 },
  { before: '64:ff9b::', after: '', bits: 96 },
  { before: '2002:', after: '::', bits: 16 },
] as const

const BLOCKS = internalBlocks()

function internalBlocks(): BlockList {
  const blocks = new BlockList()
  for (const [network, bits] of IPV4) {
    blocks.addSubnet(network, bits, 'ipv4')
    const [a, b, c, d] = network.split('.').map(Number) as [number, number, number, number]
    const groups = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
    for (const carrier of CARRIERS) {
      blocks.addSubnet(`${carrier.before}${groups}${carrier.after}`, carrier.bits + bits, 'ipv6')
    }
  }
  for (const [network, bits] of IPV6) blocks.addSubnet(network, bits, 'ipv6')
  return blocks
}

/** True of an IP address, without brackets, at which no public server is; and of what is no address. */
export function isInternalAddress(address: string): boolean {
  const family = isIP(address)
  // A zone is of addresses of this machine's own links.
  return family === 0 || address.includes('%') || BLOCKS.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** The host of a URL as hosts are compared: in lower case, IPv6 without brackets, names without a last dot. */
export function comparedHost({ hostname }: URL): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}
