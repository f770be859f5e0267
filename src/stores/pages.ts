/** A page of a listing in creation order. `next` is the cursor of the following page, absent on the last. */
export type Page<T> = { readonly items: readonly T[]; readonly next?: string }

/** `after` is a cursor a Page gave out. */
export type PageRequest = { readonly limit: number; readonly after?: string }
