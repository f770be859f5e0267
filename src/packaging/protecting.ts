import type { OutputFormat, SegmentBody } from './output-format.ts'

/** Video and audio by their media types, in every container. */
const IS_MEDIA = /^(video|audio)\//

/**
 * The format for encrypted endpoints: gives nobody a body of video or audio that is neither encrypted nor said to
 * stay in the clear.
 */
export function protecting(format: OutputFormat): OutputFormat {
  return {
    resolve(endpoint, path) {
      const request = format.resolve(endpoint, path)
      if (request?.kind !== 'segment') return request
      return {
        ...request,
        async body(index, media, keys) {
          const body = await request.body(index, media, keys)
          return typeof body === 'string' ? body : guarded(body)
        },
      }
    },
    asset(endpoint, window, options) {
      const asset = format.asset(endpoint, window, options)
      return (
        asset && {
          ...asset,
          headers: asset.headers.map((file) => ({
            ...file,
            body: async (media, keys) => guarded(await file.body(media, keys)),
          })),
          segmentsOf: (batch) =>
            asset.segmentsOf(batch).map((file) => ({
              ...file,
              body: async (whole, media, keys) => guarded(await file.body(whole, media, keys)),
            })),
        }
      )
    },
  }
}

function guarded<Body extends SegmentBody | undefined>(body: Body): Body {
  if (body && body.protection === undefined && IS_MEDIA.test(body.contentType)) {
    throw new Error(`a body of ${body.contentType} of an encrypted endpoint is not encrypted`)
  }
  return body
}
