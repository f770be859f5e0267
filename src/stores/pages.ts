/** A page of a listing in creation order. `next` is the cursor of the following page; absent on the last. */
export type Page<T> = { readonly items: readonly T[]; readonly next?: string }

/** A request for a page; `after` is a cursor from a Page. */
export type PageRequest = { readonly limit: number; readonly after?: string }

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
