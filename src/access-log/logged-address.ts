import { isIPv4 } from 'node:net'
import { firstGroups } from '../http/forwarded.ts'

/** How much of clients' addresses access logs have. */
export type LoggedAddressForm = 'full' | 'truncated' | 'none'

/** What stands for a value that is not there. */
export const ABSENT = '-'

/**
 * A client's address as access logs have it: whole, as its network (the /24 of an IPv4 address, the /48 of an IPv6
 * address), or not at all.
 */
export function loggedAddress(address: string | undefined, form: LoggedAddressForm): string {
  if (address === undefined || form === 'none') return ABSENT
  if (form === 'full') return address
  if (isIPv4(address)) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`
  return `${firstGroups(address, 3)}::/48`
}
