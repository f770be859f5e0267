import Box from '@cloudscape-design/components/box'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import Pagination from '@cloudscape-design/components/pagination'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table from '@cloudscape-design/components/table'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { bytesText } from '../amounts.ts'
import { useApi } from '../api/session.ts'
import { Resource } from '../layout/resource.tsx'
import { Moment } from '../time/moment.tsx'
import { momentOf } from '../time/moment-text.ts'

/** A member of a report that has no table of its own. */
type Plain = string | number | boolean | null

/** Larger reports are for programs. */
const MOST_BYTES = 32 * 1024 * 1024
const PAGE = 20

/** The report beside an asset, to be read by people. It is read as text: nothing of it is run or followed. */
export function HarvestJson({ path }: { readonly path: string }) {
  const { signed } = useApi()
  const report = useQuery({
    queryKey: ['harvestJob', 'report', path],
    queryFn: async ({ signal }) => {
      const response = await signed({ method: 'GET', path, query: { through: '1' }, signal })
      if (!response.ok) throw new Error(`The report cannot be read: the server answered ${response.status}.`)
      const size = Number(response.headers.get('content-length') ?? 0)
      if (size > MOST_BYTES) throw new Error(`The report has ${bytesText(size)}: download it instead.`)
      return readReport(await response.text())
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  return <Resource query={report}>{(found) => <Report report={found} />}</Resource>
}

type Row = Readonly<Record<string, unknown>>
type Report = {
  readonly plain: readonly (readonly [string, Plain])[]
  readonly tables: readonly (readonly [string, readonly Row[]])[]
}

/**
 * The members of a report: those of structures by their paths, and lists of structures as tables. Throws SyntaxError.
 */
export function readReport(text: string): Report {
  const report: unknown = JSON.parse(text)
  const plain: (readonly [string, Plain])[] = []
  const tables: (readonly [string, readonly Row[]])[] = []
  const walk = (value: unknown, path: string) => {
    if (Array.isArray(value)) {
      const rows = value.map((each: unknown) => (isRow(each) ? each : { value: each }))
      if (rows.length > 0) tables.push([path, rows])
      else plain.push([path, 'none'])
    } else if (isRow(value)) {
      for (const [name, member] of Object.entries(value)) walk(member, path === '' ? name : `${path}.${name}`)
    } else plain.push([path, value as Plain])
  }
  walk(report, '')
  return { plain, tables }
}

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value)

function Report({ report: { plain, tables } }: { readonly report: Report }) {
  return (
    <SpaceBetween size="m">
      <KeyValuePairs
        columns={3}
        items={plain.map(([label, value]) => ({ label, value: <Value name={label} value={value} /> }))}
      />
      {tables.map(([name, rows]) => (
        <ExpandableSection key={name} headerText={`${name} (${rows.length})`} defaultExpanded={rows.length <= PAGE}>
          <Rows name={name} rows={rows} />
        </ExpandableSection>
      ))}
    </SpaceBetween>
  )
}

function Rows({ name, rows }: { readonly name: string; readonly rows: readonly Row[] }) {
  const [page, setPage] = useState(1)
  const columns = [...new Set(rows.slice(0, 200).flatMap(Object.keys))]
  return (
    <Table
      variant="embedded"
      wrapLines
      items={rows.slice((page - 1) * PAGE, page * PAGE)}
      columnDefinitions={columns.map((column) => ({
        id: column,
        header: column,
        cell: (row: Row) => <Value name={column} value={row[column]} />,
      }))}
      ariaLabels={{ tableLabel: name }}
      pagination={
        rows.length > PAGE && (
          <Pagination
            currentPageIndex={page}
            pagesCount={Math.ceil(rows.length / PAGE)}
            onChange={({ detail }) => setPage(detail.currentPageIndex)}
            ariaLabels={{ nextPageLabel: 'Next page', previousPageLabel: 'Page before' }}
          />
        )
      }
    />
  )
}

function Value({ name, value }: { readonly name: string; readonly value: unknown }) {
  if (value === undefined || value === null) return '–'
  if (name === 'size' && typeof value === 'number') return bytesText(value)
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) && momentOf(value) !== undefined)
    return <Moment at={value} precision="millisecond" />
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return <Box variant={/^[0-9a-f]{64}$/.test(text) ? 'code' : 'span'}>{text}</Box>
}
