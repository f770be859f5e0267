import { BlockList, isIP, isIPv4 } from 'node:net'

/** A kind of setting value: how people write it, and what it is parsed to. */
export type ValueKind<T> = {
  /** The form in which it is written, for help and reference: `HOST:PORT`. */
  readonly shape: string
  /** Parses a value. Throws InvalidValue with the rest of the sentence "<name> …". */
  readonly parse: (text: string) => T
}

/**
 * Thrown for a value that cannot be parsed. The message continues a sentence whose subject is the setting, and never
 * repeats the value of a secret.
 */
export class InvalidValue extends Error {
  override readonly name = 'InvalidValue'
}

/** An address to listen on. Port 0 takes any free one. */
export type Address = { readonly host: string; readonly port: number }

/** Any text that matches a pattern. Errors do not show the text, so this suits secrets. */
export const text = (shape: string, pattern = /^.+$/s, rule = 'must not be empty'): ValueKind<string> => ({
  shape,
  parse(value) {
    if (!pattern.test(value)) throw new InvalidValue(rule)
    return value
  },
})

export const flag: ValueKind<boolean> = {
  shape: 'true|false',
  parse(value) {
    if (value !== 'true' && value !== 'false') throw new InvalidValue(`must be true or false, not "${value}"`)
    return value === 'true'
  },
}

export const integer = (smallest: number, largest: number): ValueKind<number> => ({
  shape: 'N',
  parse(value) {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (number >= smallest && number <= largest) return number
    throw new InvalidValue(`must be a whole number from ${smallest} to ${largest}, not "${value}"`)
  },
})

export const choice = <const T extends string>(...choices: readonly T[]): ValueKind<T> => ({
  shape: choices.join('|'),
  parse(value) {
    const found = choices.find((each) => each === value)
    if (found !== undefined) return found
    throw new InvalidValue(`must be one of ${choices.join(', ')}, not "${value}"`)
  },
})

/** One or more of `choices`, separated by commas. */
export const choices = <const T extends string>(...all: readonly T[]): ValueKind<ReadonlySet<T>> => ({
  shape: all.join(','),
  parse(value) {
    const one = choice(...all)
    return new Set(value.split(',').map((each) => one.parse(each.trim())))
  },
})

/** A number with a unit, parsed to a count of the smallest unit. */
function quantity(shape: string, example: string, units: Readonly<Record<string, number>>): ValueKind<number> {
  return {
    shape,
    parse(value) {
      const [, digits = '', unit = ''] = /^(\d{1,12}(?:\.\d{1,3})?) ?([A-Za-z]*)$/.exec(value) ?? []
      const factor = Object.hasOwn(units, unit) ? units[unit] : undefined
      const total = Math.round(Number(digits) * (factor ?? Number.NaN))
      if (digits !== '' && Number.isSafeInteger(total)) return total
      const known = Object.keys(units).filter((each) => each !== '')
      throw new InvalidValue(`must be a number with a unit (${known.join(', ')}), such as ${example}, not "${value}"`)
    },
  }
}

/** A size, parsed to bytes. */
export const bytes = quantity('SIZE', '64MiB', {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
})

/** A duration, parsed to milliseconds. */
export const duration = quantity('DURATION', '10m', {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
})

/** A duration, or the word for none. */
export const durationOrNone: ValueKind<number | 'none'> = {
  shape: 'DURATION|none',
  parse: (value) => (value === 'none' ? value : duration.parse(value)),
}

export const address: ValueKind<Address> = {
  shape: 'HOST:PORT',
  parse(value) {
    const [, bracketed, plain, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/[\]@]+)):(\d{1,5})$/.exec(value) ?? []
    const host = bracketed ?? plain
    const port = Number(digits)
    if (host !== undefined && port <= 65_535) return { host, port }
    throw new InvalidValue(`must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080, not "${value}"`)
  },
}

/** An address to listen on, or the word for none. */
export const addressOrNone: ValueKind<Address | 'none'> = {
  shape: 'HOST:PORT|none',
  parse: (value) => (value === 'none' ? value : address.parse(value)),
}

/** Names of files, separated by commas. */
export const fileNames: ValueKind<readonly string[]> = {
  shape: 'FILE,…',
  parse(value) {
    const names = value.split(',').map((each) => each.trim())
    if (names.includes('')) throw new InvalidValue('must be names of files, separated by commas')
    return names
  },
}

/** Addresses and CIDR blocks of IPv4 and IPv6, separated by commas. */
export const addressBlocks: ValueKind<BlockList> = {
  shape: 'ADDRESS/BITS,…',
  parse(value) {
    const blocks = new BlockList()
    for (const block of value.split(',').map((each) => each.trim())) {
      if (block === '') continue
      const [, address = '', digits] = /^([\d.A-Fa-f:]+)(?:\/(\d{1,3}))?$/.exec(block) ?? []
      const widest = isIPv4(address) ? 32 : 128
      const bits = Number(digits ?? widest)
      if (isIP(address) === 0 || bits > widest) {
        throw new InvalidValue(`must be addresses or CIDR blocks, such as 192.0.2.7 or 2001:db8::/32, not "${block}"`)
      }
      blocks.addSubnet(address, bits, isIPv4(address) ? 'ipv4' : 'ipv6')
    }
    return blocks
  },
}

/** Names and addresses of hosts, separated by commas; parsed to lower case, as URLs have them, without a last dot. */
export const hosts: ValueKind<ReadonlySet<string>> = {
  shape: 'HOST,…',
  parse(value) {
    const names = value.split(',').map((each) => each.trim().toLowerCase().replace(/\.$/, ''))
    return new Set(
      names.map((name) => {
        const bare = name.replace(/^\[(.*)\]$/, '$1')
        const host = URL.parse(`http://${isIP(bare) === 6 ? `[${bare}]` : bare}/`)?.hostname.replace(/^\[(.*)\]$/, '$1')
        if (/^[a-z0-9.:_-]+$/.test(bare) && host !== undefined && (isIP(bare) === 6 || host === bare)) return host
        throw new InvalidValue(`must be hosts or addresses without ports, such as keys.example.com, not "${name}"`)
      }),
    )
  },
}

/** An http or https URL without credentials, query or fragment, and without a trailing slash. */
export const url: ValueKind<string> = {
  shape: 'URL',
  parse(value) {
    const parsed = URL.parse(value)
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
      throw new InvalidValue(`must be a URL that begins with http:// or https://, not "${value}"`)
    }
    if (parsed.username || parsed.password) throw new InvalidValue('must not have a user name or password')
    if (/[?#]/.test(value)) throw new InvalidValue('must not have a query or a fragment')
    return parsed.href.replace(/\/+$/, '')
  },
}

/** A PostgreSQL URL. It may hold a password, so errors do not show it. */
export const databaseUrl: ValueKind<string> = {
  shape: 'URL',
  parse(value) {
    const parsed = URL.parse(value)
    if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol) || parsed.pathname.length < 2) {
      throw new InvalidValue('must be a URL such as postgres://user:password@host:5432/database')
    }
    return value
  },
}

/** True of an address that this machine alone can reach. */
export function isLoopback({ host }: Address): boolean {
  return /^(localhost|127(\.\d+){3}|::1)$/i.test(host)
}

export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
