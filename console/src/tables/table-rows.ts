import type { Column, Filter, TableDescription, TableState } from './table-description.ts'

/** One page of the rows that a state of a table asks for. */
export type ShownRows<T> = {
  readonly rows: readonly T[]
  /** Rows on all pages. */
  readonly count: number
  readonly page: number
  readonly pages: number
}

/** The rows that are shown of those there are, each once. */
export function shownRows<T>(all: readonly T[], description: TableDescription<T>, state: TableState): ShownRows<T> {
  const { columns, filters, keyOf } = description
  const words = state.text.toLowerCase().split(/\s+/).filter(Boolean)
  const chosen = filters.filter(({ id }) => state.filters[id] !== undefined)
  // Pages of the API overlap where something new has come meanwhile.
  const found = [...new Map(all.map((row) => [keyOf(row), row])).values()].filter(
    (row) =>
      chosen.every(({ id, of }) => of(row) === state.filters[id]) &&
      words.every((word) => columns.some(({ text }) => text(row).toLowerCase().includes(word))),
  )
  const column = columns.find(({ id }) => id === state.sort?.column)
  const sorted = column ? inOrder(found, column, state.sort?.isDescending ?? false) : found
  const pages = Math.max(1, Math.ceil(sorted.length / state.pageSize))
  const page = Math.min(state.page, pages)
  const rows = sorted.slice((page - 1) * state.pageSize, page * state.pageSize)
  return { rows, count: sorted.length, page, pages }
}

/** The values that a filter offers, with the one that is chosen though no row has it. */
export function offeredValues<T>(all: readonly T[], { of, values }: Filter<T>, chosen?: string): string[] {
  const there = values ?? all.flatMap((row) => of(row) ?? [])
  return [...new Set(chosen === undefined ? there : [...there, chosen])].toSorted()
}

/** True where the order of rows, or which there are, is not that of the API. */
export function isNarrowed({ text, filters, sort }: TableState): boolean {
  return text !== '' || sort !== undefined || Object.keys(filters).length > 0
}

function inOrder<T>(rows: readonly T[], { text, sortBy = text }: Column<T>, isDescending: boolean): readonly T[] {
  return rows
    .map((row) => ({ row, value: sortBy(row) }))
    .toSorted((a, b) => {
      if (a.value === undefined || b.value === undefined)
        return Number(a.value === undefined) - Number(b.value === undefined)
      const order = compared(a.value, b.value)
      return isDescending ? -order : order
    })
    .map(({ row }) => row)
}

const texts = new Intl.Collator('en', { numeric: true })

function compared(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : texts.compare(String(a), String(b))
}
