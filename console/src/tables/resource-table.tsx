import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import CollectionPreferences from '@cloudscape-design/components/collection-preferences'
import Header from '@cloudscape-design/components/header'
import Pagination from '@cloudscape-design/components/pagination'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table from '@cloudscape-design/components/table'
import TextFilter from '@cloudscape-design/components/text-filter'
import { type ReactNode, useEffect } from 'react'
import type { Listing } from '../api/listing.ts'
import './tables.css'
import { type Column, PAGE_SIZES, type TableDescription } from './table-description.ts'
import { isNarrowed, offeredValues, shownRows } from './table-rows.ts'
import { useTableState } from './use-table-state.ts'

/** Rows that a search reads by itself; for more of them somebody has to ask. */
const MOST_ROWS = 2000

export type ShownColumn<T> = Column<T> & {
  /** What is shown, where that is more than the text. */
  readonly cell?: (row: T) => ReactNode
  readonly isRowHeader?: boolean
  /** Of buttons, which have none. */
  readonly hasNoOrder?: boolean
  readonly minWidth?: number
}

/** The description of a table, with how its cells look. */
export type ShownTable<T> = Omit<TableDescription<T>, 'columns'> & { readonly columns: readonly ShownColumn<T>[] }

type ResourceTableProps<T> = {
  readonly description: ShownTable<T>
  readonly listing: Listing<T>
  readonly title: string
  /** That of a page, or of a part of one. */
  readonly level?: 'h1' | 'h2'
  readonly about?: ReactNode
  readonly actions?: ReactNode
  /** What is said where there are no rows at all. */
  readonly empty: ReactNode
}

/** A table of what the API lists, with its search, filters, order and pages, all of which its address keeps. */
export function ResourceTable<T>(props: ResourceTableProps<T>) {
  const { description, listing, title, level = 'h1', about, actions, empty } = props
  const [state, change] = useTableState(description)
  const { rows, count, page, pages } = shownRows(listing.rows, description, state)
  const { hasMore, isReading, error, more } = listing
  const isShort = page === pages && rows.length < state.pageSize
  const wantsMore = hasMore && !isReading && !error && listing.rows.length < MOST_ROWS && (isShort || isSorted(state))
  useEffect(() => {
    if (wantsMore) more()
  })
  const counted = `${count}${hasMore ? '+' : ''}`
  const clear = { text: '', filters: {} }

  return (
    <Table
      variant={level === 'h1' ? 'full-page' : 'container'}
      items={rows}
      trackBy={description.keyOf}
      columnDefinitions={description.columns.map(
        ({ id, header, text, cell = text, isRowHeader = false, hasNoOrder = false, minWidth }) => ({
          id,
          header,
          cell,
          isRowHeader,
          verticalAlign: 'top' as const,
          ...(!hasNoOrder && { sortingField: id }),
          ...(minWidth !== undefined && { minWidth }),
        }),
      )}
      wrapLines
      loading={listing.isPending && !error}
      loadingText={`Reading ${title.toLowerCase()}`}
      sortingColumn={{ sortingField: state.sort?.column ?? '' }}
      sortingDescending={state.sort?.isDescending ?? false}
      onSortingChange={({ detail }) =>
        change({
          sort: { column: detail.sortingColumn.sortingField ?? '', isDescending: detail.isDescending ?? false },
        })
      }
      header={
        <Header variant={level} counter={listing.isPending ? '' : `(${counted})`} description={about} actions={actions}>
          {title}
        </Header>
      }
      ariaLabels={{ tableLabel: title }}
      renderAriaLive={({ firstIndex, lastIndex }) => `Rows ${firstIndex} to ${lastIndex} of ${counted}`}
      firstIndex={(page - 1) * state.pageSize + 1}
      {...(!hasMore && { totalItemsCount: count })}
      empty={
        error ? (
          <Alert type="error">{error.message}</Alert>
        ) : isNarrowed(state) && listing.rows.length > 0 ? (
          <SpaceBetween size="s">
            <Box>Nothing {hasMore ? 'of what was read so far ' : ''}matches.</Box>
            <Button onClick={() => change(clear)}>Clear the filters</Button>
          </SpaceBetween>
        ) : (
          empty
        )
      }
      filter={
        <SpaceBetween size="s" direction="horizontal" alignItems="end">
          <TextFilter
            filteringText={state.text}
            filteringAriaLabel={`Find in ${title.toLowerCase()}`}
            filteringPlaceholder="Find"
            filteringClearAriaLabel="Clear the search"
            countText={counted === '1' ? '1 match' : `${counted} matches`}
            onChange={({ detail }) => change({ text: detail.filteringText }, false)}
          />
          {description.filters.map((filter) => (
            <div key={filter.id} className="table-filter">
              <Select
                inlineLabelText={filter.label}
                options={[
                  { value: '', label: 'Any' },
                  ...offeredValues(listing.rows, filter, state.filters[filter.id]).map((value) => ({
                    value,
                    label: value,
                  })),
                ]}
                selectedOption={{
                  value: state.filters[filter.id] ?? '',
                  label: state.filters[filter.id] ?? 'Any',
                }}
                onChange={({ detail }) =>
                  change({ filters: { ...state.filters, [filter.id]: detail.selectedOption.value ?? '' } })
                }
              />
            </div>
          ))}
        </SpaceBetween>
      }
      pagination={
        <Pagination
          currentPageIndex={page}
          pagesCount={pages}
          openEnd={hasMore}
          ariaLabels={{
            nextPageLabel: 'Next page',
            previousPageLabel: 'Previous page',
            pageLabel: (number) => `Page ${number}`,
            paginationLabel: `Pages of ${title.toLowerCase()}`,
          }}
          onChange={({ detail }) => {
            if (detail.currentPageIndex > pages) more()
            change({ page: detail.currentPageIndex })
          }}
        />
      }
      preferences={
        <CollectionPreferences
          title="Preferences"
          confirmLabel="Confirm"
          cancelLabel="Cancel"
          preferences={{ pageSize: state.pageSize }}
          pageSizePreference={{
            title: 'Rows on a page',
            options: PAGE_SIZES.map((value) => ({ value, label: `${value} rows` })),
          }}
          onConfirm={({ detail }) => change({ pageSize: detail.pageSize ?? state.pageSize })}
        />
      }
      footer={
        hasMore && listing.rows.length >= MOST_ROWS ? (
          <Button onClick={more} loading={isReading}>
            Read more than {listing.rows.length} rows
          </Button>
        ) : undefined
      }
    />
  )
}

const isSorted = ({ sort }: { readonly sort?: unknown }) => sort !== undefined
