import { API_ERRORS } from './api-error.ts'
import { isConditional, type Member, type Operation, pathTemplate, type Shape, type Structure } from './operation.ts'

/** One of the APIs that a document describes. */
export type DescribedApi = {
  /** What its operations are grouped under. */
  readonly tag: string
  readonly description: string
  /** Stands before the names of its operations, which others may have too, and of their requests. */
  readonly prefix: string
  readonly operations: readonly Operation[]
}

type Json = Readonly<Record<string, unknown>>

/** Statuses that any signed operation may answer. Others follow from its request. */
const COMMON_STATUSES = [403, 404, 422, 429, 500, 503]

/**
 * The OpenAPI 3.1 document of APIs. Throws where two operations have one id, or two structures that differ have one
 * name.
 */
export function openApiDocument(version: string, apis: readonly DescribedApi[]): Json {
  const schemas = new Map<string, Json>([['ApiError', ERROR_SCHEMA]])
  const ids = new Set<string>()
  const paths: Record<string, Record<string, Json>> = {}
  for (const api of apis) {
    for (const operation of api.operations) {
      const id = api.prefix + operation.name
      if (ids.has(id)) throw new Error(`two operations have the id ${id}`)
      ids.add(id)
      const path = pathTemplate(operation)
      const method = operation.method.toLowerCase()
      paths[path] = { ...paths[path], [method]: described(operation, { id, tag: api.tag, schemas }) }
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Windrow',
      summary: 'The API of AWS Elemental MediaPackage v1, and that of Windrow itself.',
      description: DESCRIPTION,
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ sigv4: [] }],
    tags: apis.map(({ tag, description }) => ({ name: tag, description })),
    paths,
    components: {
      schemas: Object.fromEntries([...schemas].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      responses: Object.fromEntries(errorStatuses().map((status) => [errorName(status), errorResponse(status)])),
      headers: HEADERS,
      parameters: { IfMatch: IF_MATCH },
      securitySchemes: { sigv4: SIGV4 },
    },
  }
}

const DESCRIPTION =
  'Requests are signed with AWS Signature Version 4 for the service mediapackage. Responses may have members that this ' +
  'document does not name: later versions add some.'

const SIGV4 = {
  type: 'apiKey',
  name: 'Authorization',
  in: 'header',
  description: 'AWS Signature Version 4 for the service mediapackage, in this header, or presigned in the query.',
  'x-amazon-apigateway-authtype': 'awsSigv4',
}

const ERROR_SCHEMA = {
  type: 'object',
  properties: { message: { type: 'string', description: 'One sentence; of a wrong member, with its path first.' } },
  required: ['message'],
}

const HEADERS = {
  RequestId: {
    description: 'The id of the request, which the log repeats.',
    required: true,
    schema: { type: 'string' },
  },
  EntityTag: {
    description: 'Another after each change of the resource, for If-Match.',
    required: true,
    schema: { type: 'string' },
  },
}

const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  description: 'Entity tags of which the resource must have one, or *: otherwise nothing is changed.',
  schema: { type: 'string' },
}

const REQUEST_ID = { 'x-amzn-RequestId': { $ref: '#/components/headers/RequestId' } }
const LOCATION = { Location: { required: true, schema: { type: 'string', format: 'uri' } } }
const ENTITY_TAG = { ETag: { $ref: '#/components/headers/EntityTag' } }

type Describing = { readonly id: string; readonly tag: string; readonly schemas: Map<string, Json> }

function described(operation: Operation, { id, tag, schemas }: Describing): Json {
  const { summary, input } = operation
  const of = (place: Member['place']) => input.members.filter((member) => member.place === place)
  const body = of('body')
  const parameters: Json[] = [...of('path'), ...of('query')].map(({ name, place, required, shape }) => ({
    name,
    in: place,
    ...(required && { required }),
    schema: schemaOf(shape, schemas),
  }))
  if (isConditional(operation)) parameters.push({ $ref: '#/components/parameters/IfMatch' })
  // What changes something else than one resource with an entity tag can only refuse one.
  const refused = [...(operation.method === 'GET' ? [] : [412]), ...(body.length > 0 ? [413] : [])]
  const statuses = [...COMMON_STATUSES, ...refused]
  const request = { kind: 'structure', name: `${id}Request`, members: body } as const
  return {
    operationId: id,
    summary,
    tags: [tag],
    ...(parameters.length > 0 && { parameters }),
    ...(body.length > 0 && {
      requestBody: {
        ...(body.some(({ required }) => required) && { required: true }),
        content: { 'application/json': { schema: schemaOf(request, schemas) } },
      },
    }),
    responses: {
      [operation.status]: success(operation, schemas),
      ...otherResponses(operation),
      ...Object.fromEntries(
        statuses
          .toSorted((a, b) => a - b)
          .map((status) => [status, { $ref: `#/components/responses/${errorName(status)}` }]),
      ),
    },
  }
}

function success({ method, output, mediaType, hasEntityTag }: Operation, schemas: Map<string, Json>): Json {
  const content = output
    ? { 'application/json': { schema: schemaOf(output, schemas) } }
    : mediaType && { [mediaType]: {} }
  return {
    description: content ? 'Done.' : 'Done; there is no body.',
    headers: { ...REQUEST_ID, ...(hasEntityTag && method !== 'DELETE' && ENTITY_TAG) },
    ...(content && { content }),
  }
}

/** The responses to a request for bytes that have none, or not all of them. */
function otherResponses({ otherStatuses = {} }: Operation): Json {
  const responses = Object.entries(otherStatuses).map(([status, description]) => {
    const more = status === '307' ? LOCATION : ENTITY_TAG
    return [status, { description, headers: { ...REQUEST_ID, ...more } }] as const
  })
  return Object.fromEntries(responses)
}

/** The schema of a shape. Structures become components, named once. */
function schemaOf(shape: Shape, schemas: Map<string, Json>): Json {
  switch (shape.kind) {
    case 'string':
      return {
        type: 'string',
        ...(shape.values && { enum: shape.values }),
        ...(shape.format && { format: shape.format }),
      }
    case 'integer':
    case 'number':
    case 'boolean':
      return { type: shape.kind }
    case 'any':
      return {}
    case 'list':
      return { type: 'array', items: schemaOf(shape.of, schemas) }
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(shape.of, schemas) }
    case 'structure':
      return component(shape, schemas)
  }
}

function component({ name, members }: Structure, schemas: Map<string, Json>): Json {
  const required = members.filter((member) => member.required).map((member) => member.name)
  const schema = {
    type: 'object',
    properties: Object.fromEntries(members.map((member) => [member.name, schemaOf(member.shape, schemas)])),
    ...(required.length > 0 && { required }),
  }
  const known = schemas.get(name)
  if (known && JSON.stringify(known) !== JSON.stringify(schema)) {
    throw new Error(`two structures that differ have the name ${name}`)
  }
  schemas.set(name, schema)
  return { $ref: `#/components/schemas/${name}` }
}

const errorName = (status: number) => `Error${status}`

function errorStatuses(): readonly number[] {
  return [...new Set(Object.values(API_ERRORS).map(({ status }) => status))].toSorted((a, b) => a - b)
}

function errorResponse(status: number): Json {
  const types = Object.entries(API_ERRORS).filter(([, error]) => error.status === status)
  return {
    description: types.map(([type, { meaning }]) => `${type}: ${meaning}.`).join(' '),
    headers: {
      ...REQUEST_ID,
      'x-amzn-ErrorType': { required: true, schema: { type: 'string', enum: types.map(([type]) => type) } },
    },
    content: { 'application/json': { schema: { $ref: '#/components/schemas/ApiError' } } },
  }
}
