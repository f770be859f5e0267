import { useLocation, useSearch } from 'wouter'
import { addressWithState, stateInAddress } from './table-address.ts'
import type { TableDescription, TableState } from './table-description.ts'

/** The state of a table, which is kept in the address of the page: a link, or a reload, shows the same. */
export function useTableState<T>(
  description: TableDescription<T>,
): readonly [state: TableState, change: (change: Partial<TableState>, isNewEntry?: boolean) => void] {
  const query = useSearch()
  const [path, navigate] = useLocation()
  const state = stateInAddress(query, description)
  return [
    state,
    // What is typed makes no entry of the history for each letter.
    (change, isNewEntry = true) => {
      const next = addressWithState(query, description, { ...state, page: 1, ...change })
      navigate(next === '' ? path : `${path}?${next}`, { replace: !isNewEntry })
    },
  ]
}
