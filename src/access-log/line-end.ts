import type { Egress } from '../origin/egress.ts'

/** Our own members of a line. */
export type Own = Partial<Pick<Egress, 'kind' | 'bytesFrom'>> & { readonly refusal: string | undefined }

type Ending = { readonly own: Own; readonly isAborted: boolean; readonly isTls: boolean }

type LineEnd = Ending & {
  readonly ofProxy: string
  readonly otherHost: string | undefined
  readonly bytes: Uint8Array
}

/** The last parts of the lines of an endpoint or a channel: what follows the request id, which is the same for many. */
export class LineEnds {
  private readonly members: string
  /** By `bytesFrom`, or the kind where that is undefined, the last one. */
  private readonly known = new Map<string | undefined, LineEnd>()

  /** `members` are those of the endpoint, each with a comma before it. */
  constructor(members: string) {
    this.members = members
  }

  /**
   * `ofProxy` is a member with a comma before it, or empty; `otherHost` is the host that was asked for, where that is
   * not the one of the public URL.
   */
  bytesOf({ own, isAborted, isTls }: Ending, ofProxy: string, otherHost: string | undefined): Uint8Array {
    const key = own.bytesFrom ?? own.kind
    const known = this.known.get(key)
    const isSame =
      known &&
      known.own.kind === own.kind &&
      known.own.refusal === own.refusal &&
      known.isAborted === isAborted &&
      known.isTls === isTls &&
      known.ofProxy === ofProxy &&
      known.otherHost === otherHost
    if (isSame) return known.bytes
    const ofOthers = otherHost === undefined ? '' : `,"host":${JSON.stringify(otherHost)}`
    const ours = `${ownMembers({ own, isAborted, isTls })}${ofProxy}${ofOthers}`
    const bytes = Buffer.from(`"${this.members},"windrow":{${ours.slice(1)}}}\n`)
    this.known.set(key, { own, isAborted, isTls, ofProxy, otherHost, bytes })
    return bytes
  }
}

/** Each with a comma before it. */
function ownMembers({ own: { kind, bytesFrom, refusal }, isAborted, isTls }: Ending): string {
  const ofEgress = memberOf('kind', kind) + memberOf('bytesFrom', bytesFrom) + memberOf('refusal', refusal)
  return `${ofEgress}${isAborted ? ',"aborted":true' : ''}${isTls ? ',"tls":true' : ''}`
}

/** A member of a JSON object with a comma before it; `value` is a name of ours, which needs no escapes. */
function memberOf(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":"${value}"`
}
