/** A page of a listing in creation order. `next` is the cursor of the following page; absent on the last. */
export type Page<T> = { readonly items: readonly T[]; readonly next?: string }

/** A request for a page; `after` is a cursor from a Page. */
export type PageRequest = { readonly limit: number; readonly after?: string }
