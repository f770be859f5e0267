/** A column of a table: what is searched for, and sorted by, in it. */
export type Column<T> = {
  readonly id: string
  readonly header: string
  /** What is shown, and found by a search. */
  readonly text: (row: T) => string
  /** What rows are sorted by, where that is not their text; those without are last. */
  readonly sortBy?: (row: T) => number | string | undefined
}

/** A choice among rows by one of their values. */
export type Filter<T> = {
  readonly id: string
  readonly label: string
  readonly of: (row: T) => string | undefined
  /** All values there may be; those that rows have, where absent. */
  readonly values?: readonly string[]
}

/** The only description of a table: of its columns, filters and order, of which also its address is made. */
export type TableDescription<T> = {
  /** Before the names of its parameters in the address, where a page has several tables. */
  readonly prefix?: string
  readonly columns: readonly Column<T>[]
  readonly filters: readonly Filter<T>[]
  readonly keyOf: (row: T) => string
}

/** What somebody looks at of a table. */
export type TableState = {
  /** Words that rows must have, in any column. */
  readonly text: string
  /** Values that rows must have, by the ids of filters. */
  readonly filters: Readonly<Record<string, string>>
  /** Absent where rows are in the order of the API. */
  readonly sort?: { readonly column: string; readonly isDescending: boolean }
  /** From 1 on. */
  readonly page: number
  readonly pageSize: number
}

export const PAGE_SIZES = [10, 25, 50, 100] as const
export const DEFAULT_PAGE_SIZE = 25
