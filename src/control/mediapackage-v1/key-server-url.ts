import { isIP } from 'node:net'
import { comparedHost, isInternalAddress } from '../../internal-addresses.ts'
import { quoteValue, refuse } from '../../model/rules.ts'

/** What the settings say of key servers. */
export type KeyServerRules = {
  /** Hosts and addresses, in lower case, that may be internal and may be requested without TLS. */
  readonly allowedHosts: ReadonlySet<string>
  /** True of the URL of the server's own key server, which may be anywhere. */
  readonly isOwn?: ((url: string) => boolean) | undefined
  /** ARNs of the certificates that keys can be encrypted for. */
  readonly certificateArns: ReadonlySet<string>
}

/**
 * Checks what a URL itself says of its host; names are resolved, and their addresses checked, with each request. Throws
 * RuleViolation.
 */
export function checkKeyServerUrl(path: string, text: string, { allowedHosts, isOwn }: KeyServerRules): void {
  const url = URL.parse(text)
  const form = 'must be an https:// URL without user information'
  if (!url || /\s/.test(text) || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    refuse(path, `${form}, got ${quoteValue(text)}`)
  }
  const host = comparedHost(url)
  if (allowedHosts.has(host) || isOwn?.(text)) return
  const unless = 'unless the setting speke-allow-hosts names it'
  if (url.protocol === 'http:') refuse(path, `${form}, ${unless}, got ${quoteValue(text)}`)
  const isLocal = /(^|\.)localhost$/.test(host) || (isIP(host) !== 0 && isInternalAddress(host))
  if (isLocal) refuse(path, `must not name a host of an internal network, ${unless}, got ${quoteValue(host)}`)
}
