import { Sha256 } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'
import type { TemporaryUrl } from '../buckets.ts'
import type { Connection } from './connection.ts'
import { UNSIGNED_PAYLOAD } from './put.ts'

/** A request as the SDK has made it, with the address of the bucket. */
type Request = Parameters<SignatureV4['presign']>[0]
type Result = { readonly response: object; readonly output: { readonly $metadata: object } }
type Stack = {
  add(
    middleware: () => (args: { readonly request: Request }) => Promise<Result>,
    options: { readonly step: 'finalizeRequest'; readonly priority: 'high'; readonly name: string },
  ): void
}

/** Headers of the SDK about itself; a browser sends others. */
const ITS_OWN = /^(amz-sdk-|user-agent$|x-amz-user-agent$|x-amz-checksum-mode$|content-type$)/

/**
 * A URL under which anybody can get an object for some seconds, or less where the credentials expire before. Nothing
 * is asked of the server, except for credentials.
 */
export async function presignedUrl(
  { sdk, client }: Connection,
  object: { readonly Bucket: string; readonly Key: string },
  { seconds, contentType, contentDisposition }: TemporaryUrl,
): Promise<string> {
  const get = new sdk.GetObjectCommand({
    ...object,
    ResponseContentType: contentType,
    ...(contentDisposition !== undefined && { ResponseContentDisposition: contentDisposition }),
  })
  const made = Promise.withResolvers<Request>()
  // In place of sending it.
  const take = (request: Request) => {
    made.resolve(request)
    return { response: {}, output: { $metadata: {} } }
  }
  const stack = get.middlewareStack as unknown as Stack
  stack.add(
    () =>
      async ({ request }) =>
        take(request),
    {
      step: 'finalizeRequest',
      priority: 'high',
      name: 'presigned',
    },
  )
  await client.send(get)
  const request = await made.promise
  const { credentials, region } = client.config
  const signer = new SignatureV4({ credentials, region, service: 's3', sha256: Sha256, uriEscapePath: false })
  const headers = Object.entries(request.headers).filter(([name]) => !ITS_OWN.test(name.toLowerCase()))
  const unsigned = { ...request, headers: { ...Object.fromEntries(headers), 'x-amz-content-sha256': UNSIGNED_PAYLOAD } }
  return urlOf(await signer.presign(unsigned, { expiresIn: seconds }))
}

function urlOf({ protocol, hostname, port, path, query = {} }: Request): string {
  const pairs = Object.entries(query).flatMap(([name, values]) => [values].flat().map((value) => [name, value ?? '']))
  const search = pairs.map((pair) => pair.map((text) => encodeURIComponent(text)).join('='))
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}?${search.join('&')}`
}
