/**
 * A page of a listing in creation order, or the other way round. `next` is the cursor of the following page; absent on
 * the last.
 */
export type Page<T> = { readonly items: readonly T[]; readonly next?: string }

/** A request for a page; `after` is a cursor from a Page. */
export type PageRequest = { readonly limit: number; readonly after?: string }

/** A request for a page of a listing that can also be read from its end. */
export type OrderedPageRequest = PageRequest & { readonly isNewestFirst?: boolean }

/** The rows of a page, in SQL: how their `seq` compares with `from`, and their order. */
export function seekTo({ after, isNewestFirst = false }: OrderedPageRequest) {
  return isNewestFirst
    ? ({ comparison: '<', from: Number(after ?? Number.MAX_SAFE_INTEGER), order: 'seq DESC' } as const)
    : ({ comparison: '>', from: Number(after ?? 0), order: 'seq' } as const)
}

const MOST_AT_ONCE = 1000

/** Every item of a listing, read page by page. */
export async function* allOf<T>(list: (page: PageRequest) => Promise<Page<T>>): AsyncGenerator<T> {
  for (let after: string | undefined; ; ) {
    const page = await list({ limit: MOST_AT_ONCE, ...(after !== undefined && { after }) })
    yield* page.items
    if (page.next === undefined) return
    after = page.next
  }
}
