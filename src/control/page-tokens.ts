import { createHmac, timingSafeEqual } from 'node:crypto'
import { between, refuse } from '../model/rules.ts'
import type { Page, PageRequest } from '../stores/pages.ts'

const DEFAULT_PAGE = 100
const MAX_PAGE = 1000
const MAC_BYTES = 16

export type PageInput = { readonly maxResults?: number; readonly nextToken?: string }

/** Passes a store's cursors through clients as opaque tokens, valid only for the listing they came from. */
export type PageTokens = {
  /**
   * Reads the page a client asks for. Throws RuleViolation for a number out of range, or a token of another listing.
   */
  request(input: PageInput, listing: Listing): PageRequest
  token(page: Page<unknown>, listing: Listing): string | undefined
}

/** What a client says of the order of a list: as stores are asked for it, and as tokens of it are told from others. */
export function givenOrder({ order }: { readonly order?: 'OLDEST_FIRST' | 'NEWEST_FIRST' | undefined }) {
  return order === 'NEWEST_FIRST'
    ? ({ request: { isNewestFirst: true }, listing: [order] } as const)
    : ({ request: {}, listing: [] } as const)
}

/** An operation and its filters. */
export type Listing = readonly [operation: string, ...filters: readonly (string | undefined)[]]

/** Makes page tokens, which stay valid across restarts, and on all nodes that share `secret`. */
export function createPageTokens(secret: string): PageTokens {
  const key = createHmac('sha256', secret).update('page tokens').digest()
  const mac = (cursor: string, listing: Listing) =>
    createHmac('sha256', key)
      .update(JSON.stringify([cursor, ...listing.map((part) => part ?? null)]))
      .digest()
      .subarray(0, MAC_BYTES)

  return {
    request(input, listing) {
      const limit = between('maxResults', input.maxResults ?? DEFAULT_PAGE, 1, MAX_PAGE)
      if (input.nextToken === undefined) return { limit }
      const token = Buffer.from(input.nextToken, 'base64url')
      const after = token.subarray(MAC_BYTES).toString()
      const given = token.subarray(0, MAC_BYTES)
      if (given.length < MAC_BYTES || !timingSafeEqual(given, mac(after, listing))) {
        refuse('nextToken', 'must be the nextToken of an earlier response to the same list request')
      }
      return { limit, after }
    },
    token({ next }, listing) {
      return next === undefined
        ? undefined
        : Buffer.concat([mac(next, listing), Buffer.from(next)]).toString('base64url')
    },
  }
}
