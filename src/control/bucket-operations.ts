import { operation, PAGING } from './typed-operation.ts'
import { listOf, MOMENT, optional, structure, TEXT, WHOLE_NUMBER } from './typed-shapes.ts'

const BUCKETS = structure('Buckets', {
  buckets: listOf(structure('BucketSummary', { name: TEXT })),
  reason: optional(TEXT),
})

const BUCKET_LEVEL = structure('BucketLevel', {
  folders: listOf(structure('BucketFolder', { prefix: TEXT })),
  objects: listOf(structure('BucketObject', { key: TEXT, size: WHOLE_NUMBER, modifiedAt: MOMENT })),
  nextToken: optional(TEXT),
})

/** The operations by which a destination is chosen. */
export const BUCKET_OPERATIONS = {
  ListBuckets: operation('GET buckets', {
    summary: 'Lists the buckets that there are.',
    query: { roleArn: optional(TEXT) },
    output: BUCKETS,
  }),
  ListBucketObjects: operation('GET buckets/{bucket}/objects', {
    summary: 'Lists the folders and objects directly below a prefix.',
    query: { prefix: optional(TEXT), roleArn: optional(TEXT), ...PAGING },
    output: BUCKET_LEVEL,
  }),
}
