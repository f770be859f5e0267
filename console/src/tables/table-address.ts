import { DEFAULT_PAGE_SIZE, PAGE_SIZES, type TableDescription, type TableState } from './table-description.ts'

const MOST_CHARACTERS = 200
const MOST_PAGE = 1_000_000

/** The state of a table that the query of an address has; what it has of other tables, or wrong, is left out. */
export function stateInAddress<T>(query: string, description: TableDescription<T>): TableState {
  const given = new URLSearchParams(query)
  const { columns, filters } = description
  const value = (name: string) => given.get(nameOf(name, description))?.slice(0, MOST_CHARACTERS)
  const [, minus, column] = /^(-?)(.+)$/.exec(value('sort') ?? '') ?? []
  const pageSize = Number(value('rows'))
  const page = Number(value('page'))
  return {
    text: value('text') ?? '',
    filters: Object.fromEntries(
      filters.flatMap(({ id }) => {
        const chosen = value(id)
        return chosen ? [[id, chosen]] : []
      }),
    ),
    ...(columns.some(({ id }) => id === column) && { sort: { column: column ?? '', isDescending: minus === '-' } }),
    page: Number.isInteger(page) && page >= 1 && page <= MOST_PAGE ? page : 1,
    pageSize: PAGE_SIZES.find((size) => size === pageSize) ?? DEFAULT_PAGE_SIZE,
  }
}

/** The query of an address with the state of a table; the rest of `query` stays. Without `?`. */
export function addressWithState<T>(query: string, description: TableDescription<T>, state: TableState): string {
  const { text, filters, sort, page, pageSize } = state
  const next = new URLSearchParams(query)
  const set = (name: string, value: string | undefined) => {
    const full = nameOf(name, description)
    if (value) next.set(full, value)
    else next.delete(full)
  }
  set('text', text)
  for (const { id } of description.filters) set(id, filters[id])
  set('sort', sort && (sort.isDescending ? '-' : '') + sort.column)
  set('page', page > 1 ? String(page) : undefined)
  set('rows', pageSize === DEFAULT_PAGE_SIZE ? undefined : String(pageSize))
  return next.toString()
}

function nameOf<T>(name: string, { prefix }: TableDescription<T>): string {
  return prefix === undefined ? name : `${prefix}.${name}`
}
