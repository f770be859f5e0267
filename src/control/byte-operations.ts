import { mediaOperation, namedOperations } from './typed-operation.ts'
import { oneOf, optional, TEXT, WHOLE_NUMBER } from './typed-shapes.ts'

const UNCHANGED = 'It still has an entity tag that If-None-Match names.'
const FLAG = optional(oneOf('0', '1'))

/** The operations that answer with bytes. */
export const BYTE_OPERATIONS = {
  GetKeyFrame: mediaOperation('GET channels/{id}/key_frame', {
    summary: 'Gives a picture of a channel, as an MP4 file of one key frame.',
    query: { time: optional(TEXT), ingestEndpointId: optional(TEXT), height: optional(WHOLE_NUMBER) },
    mediaType: 'video/mp4',
    hasEntityTag: true,
    otherStatuses: { 304: UNCHANGED },
  }),
  GetHarvestFile: mediaOperation('GET harvest_jobs/{id}/files/{key+}', {
    summary: 'Gives the bytes of an object that a job has written.',
    query: { download: FLAG, through: FLAG },
    mediaType: '*/*',
    hasEntityTag: true,
    otherStatuses: {
      206: 'The part that Range asks for.',
      304: UNCHANGED,
      307: 'It is at the URL in Location, which is good for some minutes.',
      416: 'Range asks for nothing of it.',
    },
  }),
}

/** The same by HEAD, which are no operations of their own. */
export const HEADS_OF_BYTES = namedOperations(BYTE_OPERATIONS).map((each) => ({ ...each, method: 'HEAD' }))
