import type { EndpointRevision, IngestRef, Numbering } from '../segment-index.ts'
import type { Database } from './database.ts'
import { inputId, knownInput } from './inputs.ts'
import type { Operations } from './operations.ts'

const NUMBERING_COLUMNS = `SELECT n.id, n.segment_duration_seconds AS segmentDurationSeconds, n.first_number AS firstNumber,
  i.channel_guid AS channelGuid, i.ingest_endpoint_id AS ingestEndpointId
  FROM numbering n JOIN input i ON i.id = n.input`

export function numberingOperations(db: Database) {
  const newestOf = ({ guid, revision }: EndpointRevision): Numbering | undefined =>
    db.get<Numbering>(
      `${NUMBERING_COLUMNS} JOIN endpoint_numbering e ON e.numbering = n.id
       WHERE e.endpoint_guid = ? AND e.revision <= ? ORDER BY e.revision DESC, e.seq DESC LIMIT 1`,
      guid,
      revision,
    )

  const create = (ingest: IngestRef, segmentDurationSeconds: number): Numbering => {
    const sql = 'SELECT number FROM highest_number WHERE channel_guid = ?'
    const firstNumber = (db.get<{ number: number }>(sql, ingest.channelGuid)?.number ?? 0) + 1
    const id = db.insert(
      'INSERT INTO numbering (input, segment_duration_seconds, first_number) VALUES (?, ?, ?)',
      inputId(db, ingest),
      segmentDurationSeconds,
      firstNumber,
    )
    return { ...ingest, id, segmentDurationSeconds, firstNumber }
  }

  return {
    numberingOf(endpoint: EndpointRevision, segmentDurationSeconds: number) {
      const newest = newestOf(endpoint)
      return newest?.segmentDurationSeconds === segmentDurationSeconds ? newest : undefined
    },

    openNumbering(endpoint: EndpointRevision, ingest: IngestRef, segmentDurationSeconds: number) {
      const newest = newestOf(endpoint)
      if (newest?.segmentDurationSeconds === segmentDurationSeconds) return newest
      const { guid, revision } = endpoint
      const shared = db.get('SELECT 1 FROM endpoint_numbering WHERE endpoint_guid = ?', guid)
        ? undefined
        : db.get<Numbering>(
            `${NUMBERING_COLUMNS} WHERE n.input = ? AND n.segment_duration_seconds = ? ORDER BY n.id DESC LIMIT 1`,
            knownInput(db, ingest),
            segmentDurationSeconds,
          )
      const numbering = shared ?? create(ingest, segmentDurationSeconds)
      db.run(
        'INSERT INTO endpoint_numbering (endpoint_guid, revision, numbering) VALUES (?, ?, ?)',
        guid,
        revision,
        numbering.id,
      )
      return numbering
    },

    numberingsOf: (ingest: IngestRef) =>
      db.all<Numbering>(`${NUMBERING_COLUMNS} WHERE n.input = ? ORDER BY n.id`, knownInput(db, ingest)),
  } satisfies Partial<Operations>
}
