/** Compares the responses of the API with its OpenAPI document, in the process that sends them. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

type Json = Readonly<Record<string, unknown>>
type Reference = { readonly $ref?: string }
type Header = { readonly required?: boolean; readonly schema: { readonly enum?: readonly string[] } }
type Response = {
  readonly headers?: Readonly<Record<string, Header & Reference>>
  readonly content?: Readonly<Record<string, { readonly schema?: Required<Reference> }>>
}
type Operation = { readonly operationId: string; readonly responses: Readonly<Record<string, Response & Reference>> }

/** What is read of the document. */
export type ApiDocument = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: Readonly<Record<'schemas' | 'responses' | 'headers', Readonly<Record<string, Json>>>>
}

/** What a program writes before a difference, for whoever started it. */
export const DIFFERENCE = 'the API answered otherwise than its OpenAPI document has it: '

type Failure = { readonly instancePath: string; readonly message?: string; readonly params: object }
type Validator = { (value: unknown): boolean; errors?: readonly Failure[] | null }

/** A response as it was sent. */
export type ApiAnswer = {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: string
}

const require = createRequire(import.meta.url)
/** Another one where what is kept is made otherwise. */
const FORMAT = 1
const KEPT = fileURLToPath(new URL('../../node_modules/.cache/windrow-answers/', import.meta.url))

/**
 * From now on compares every response of the API that this process sends. The document is asked for with the first of
 * them, so that processes without any load nothing.
 */
export function watchApiAnswers(document: () => object, report: (difference: string) => void): void {
  let difference: ((answer: ApiAnswer) => string | undefined) | undefined
  const { writeHead } = ServerResponse.prototype
  function watched(this: ServerResponse, ...args: unknown[]): ServerResponse {
    const [status, headers] = [args[0] as number, args.at(-1) as OutgoingHttpHeaders]
    if (typeof headers === 'object' && 'x-amzn-RequestId' in headers) {
      const { end } = this
      this.end = ((...sent: unknown[]) => {
        this.end = end
        difference ??= differences(document() as ApiDocument)
        const { method = '', url = '' } = this.req
        const body = typeof sent[0] === 'string' || Buffer.isBuffer(sent[0]) ? sent[0].toString() : ''
        const found = difference({ method, path: url.split('?')[0]!, status, headers, body })
        if (found !== undefined) report(found)
        return end.apply(this, sent as Parameters<typeof end>)
      }) as typeof end
    }
    return writeHead.apply(this, args as Parameters<typeof writeHead>)
  }
  ServerResponse.prototype.writeHead = watched as typeof writeHead
}

/** Tells how an answer differs from a document: the operation and the member. */
export function differences(document: ApiDocument): (answer: ApiAnswer) => string | undefined {
  const { paths, components } = document
  // Nothing that is sent has the form of a request.
  const sent = Object.entries(components.schemas).filter(([name]) => !name.endsWith('Request'))
  const validators = validatorsOf(Object.fromEntries(sent))
  const templates = Object.entries(paths).map(([template, methods]) => {
    const pattern = template.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+')
    // What has bytes of any kind is a file, whose name may have folders.
    const isOfFiles = '*/*' in (methods['get']?.responses['200']?.content ?? {})
    return { pattern: new RegExp(`^${pattern}${isOfFiles ? '(?:/[^/]+)*' : ''}$`), methods }
  })
  const resolved = <T extends object>(value: T & Reference): T => {
    if (value.$ref === undefined) return value
    const [group = '', name = ''] = value.$ref.split('/').slice(2)
    return components[group as keyof typeof components][name] as T
  }

  return ({ method, path, status, headers, body }) => {
    const operation = templates.find(({ pattern, methods }) => pattern.test(path) && method.toLowerCase() in methods)
      ?.methods[method.toLowerCase()]
    // What is no operation has no description.
    if (!operation) return undefined
    const differs = (how: string) => `${operation.operationId} ${status}: ${how}`
    const declared = operation.responses[status]
    if (!declared) return differs(`the status is not declared, with ${body}`)
    const response = resolved(declared)
    const sent = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))
    for (const [name, reference] of Object.entries(response.headers ?? {})) {
      const header = resolved<Header>(reference)
      const value = sent.get(name.toLowerCase())
      if (value === undefined && header.required) return differs(`the header ${name} is missing`)
      const { enum: values } = header.schema
      if (value !== undefined && values && !values.includes(value)) return differs(`the header ${name} is ${value}`)
    }
    if (sent.has('etag') && !('ETag' in (response.headers ?? {}))) return differs('the header ETag is not declared')
    const [mediaType, content] = Object.entries(response.content ?? {})[0] ?? []
    if (mediaType !== undefined && mediaType !== '*/*' && sent.get('content-type') !== mediaType) {
      return differs(`the body is ${sent.get('content-type')}`)
    }
    if (mediaType === undefined) return body === '' ? undefined : differs(`the body is not declared, with ${body}`)
    const schema = content?.schema?.$ref.split('/').at(-1)
    if (schema === undefined) return undefined
    const validator = validators[schema]!
    let value: unknown
    try {
      value = JSON.parse(body)
    } catch {
      return differs(`the body is no JSON: ${body}`)
    }
    if (validator(value)) return undefined
    const [first] = validator.errors ?? []
    return differs(`${first?.instancePath} ${first?.message} (${JSON.stringify(first?.params)}) in ${body}`)
  }
}

/** The validators of schemas, by their names: kept as code, since to compile them takes half a second. */
function validatorsOf(schemas: Readonly<Record<string, Json>>): Readonly<Record<string, Validator>> {
  const { version } = require('ajv/package.json') as { readonly version: string }
  const key = createHash('sha256')
    .update(JSON.stringify([FORMAT, version, schemas]))
    .digest('hex')
  const file = join(KEPT, `${key}.cjs`)
  if (!existsSync(file)) {
    const { writeValidators } = require('./answer-validators.ts') as typeof import('./answer-validators.ts')
    writeValidators(schemas, file)
  }
  return require(file) as Readonly<Record<string, Validator>>
}
