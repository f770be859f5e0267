import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import { comparedHost, isInternalAddress } from '../internal-addresses.ts'
import { KeyProviderFailed } from './key-provider.ts'

/** Resolves the name of a host to all its addresses. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>

/**
 * The addresses of a key server, to which alone a connection may be made: the name is not resolved again. An address
 * of an internal network is refused, unless `allowed` names it or the host, so that whoever may create endpoints cannot
 * reach what only this machine can. Throws KeyProviderFailed.
 */
export async function addressesOf(
  url: URL,
  allowed: ReadonlySet<string>,
  resolve: Resolve,
): Promise<readonly LookupAddress[]> {
  const host = comparedHost(url)
  const isAllowed = allowed.has(host)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isAllowed)) {
    throw new KeyProviderFailed(`The key server ${host} is not requested, because its URL is not https://.`)
  }
  const addresses = await resolved(host, resolve)
  const internal = addresses.find(({ address }) => isInternalAddress(address) && !allowed.has(address))
  if (internal && !isAllowed) {
    const which = internal.address === host ? '' : ` (${internal.address})`
    throw new KeyProviderFailed(
      `The key server ${host} is not requested, because its address${which} is one of an internal network and ` +
        'speke-allow-hosts does not name it.',
    )
  }
  return addresses
}

async function resolved(host: string, resolve: Resolve): Promise<readonly LookupAddress[]> {
  const family = isIP(host)
  if (family !== 0) return [{ address: host, family }]
  try {
    const addresses = await resolve(host)
    if (addresses.length > 0) return addresses
  } catch (error) {
    const { code = 'no address' } = error as NodeJS.ErrnoException
    throw new KeyProviderFailed(`The key server ${host} has no address (${code}).`, { cause: error })
  }
  throw new KeyProviderFailed(`The key server ${host} has no address.`)
}
