import { type SegmentPageJson, type SummaryPage, summaryPageOf, writePage } from '../model/segment-page.ts'

/** A slot of an output segment as stored: the segment, without its number, era and slots, and the slot, in JSON. */
export type StoredSlotRow = {
  readonly number: number
  readonly era: number
  readonly body: string
  readonly slot: string
}

/** The page of output segments that is made of rows in order, without parsing them. */
export function pageOf<Segment>(rows: readonly StoredSlotRow[]): SegmentPageJson<Segment> {
  let json = '['
  rows.forEach((row, i) => {
    const { slot } = row
    const isSame = row.number === rows[i - 1]?.number
    if (isSame) json += `,${slot}`
    else {
      json += `${i === 0 ? '' : ']},'}{"number":${row.number},"era":${row.era},${row.body.slice(1, -1)},"slots":[${slot}`
    }
  })
  return rows.length === 0 ? writePage<Segment>([]) : (`${json}]}]` as SegmentPageJson<Segment>)
}

/** The page of summaries that is made of rows in order, likewise. */
export function summaryPageOfRows(rows: readonly StoredSlotRow[]): SummaryPage {
  return summaryPageOf(
    rows.flatMap(({ number, era, body, slot }, i) => {
      return [String(number), String(era), number === rows[i - 1]?.number ? 'null' : body, slot]
    }),
  )
}
