import type { SignedFetch } from './signed-fetch.ts'

type Query = Readonly<Record<string, string | number | undefined>>

/** A refusal of the server, with its message, which begins with the member that is wrong where there is one. */
export class ApiRefused extends Error {
  override readonly name = 'ApiRefused'
  /** Of HTTP. */
  readonly status: number
  /** The name of the error, such as `NotFoundException`. */
  readonly type: string

  constructor(status: number, type: string, message: string) {
    super(message)
    this.status = status
    this.type = type
  }
}

/** There is no response: the server is away, or the network. */
export class ServerAway extends Error {
  override readonly name = 'ServerAway'
}

/** An answer of the API with the entity tag of the resource, by which a change can be made on condition. */
export type Answer<T> = { readonly value: T; readonly etag: string | undefined }

export type Change = { readonly body?: object; readonly ifMatch?: string | undefined; readonly query?: Query }

/** The APIs of the server, by path: `/channels` is MediaPackage's, `/windrow/v1/clips` the server's own. */
export type ApiClient = {
  /** All throw ApiRefused or ServerAway. */
  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T>
  getTagged<T>(path: string): Promise<Answer<T>>
  post<T>(path: string, body?: object, signal?: AbortSignal): Promise<T>
  put<T>(path: string, change: Change): Promise<Answer<T>>
  delete<T = void>(path: string, change?: Change): Promise<T>
  readonly signed: SignedFetch
}

export function apiClient(signed: SignedFetch): ApiClient {
  async function ask<T>(
    method: string,
    path: string,
    { query = {}, body, ifMatch, signal }: Change & { signal?: AbortSignal | undefined },
  ): Promise<Answer<T>> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined)
    const response = await signed({
      method,
      path,
      query: Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
      ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
      ...(body && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    }).catch((error: unknown) => {
      if (signal?.aborted) throw error
      throw new ServerAway('The server does not answer.')
    })
    const value: unknown = await response.json().catch(() => undefined)
    if (response.ok) return { value: value as T, etag: response.headers.get('etag') ?? undefined }
    const { message } = (value ?? {}) as { readonly message?: string }
    const type = response.headers.get('x-amzn-ErrorType') ?? ''
    throw new ApiRefused(response.status, type, message ?? `The server answered ${response.status}.`)
  }
  return {
    get: async (path, query, signal) =>
      (await ask(method.get, path, { ...(query && { query }), signal })).value as never,
    getTagged: (path) => ask(method.get, path, {}),
    post: async (path, body, signal) =>
      (await ask(method.post, path, { ...(body && { body }), signal })).value as never,
    put: (path, change) => ask(method.put, path, change),
    delete: async (path, change = {}) => (await ask(method.delete, path, change)).value as never,
    signed,
  }
}

const method = { get: 'GET', post: 'POST', put: 'PUT', delete: 'DELETE' } as const

/** A path with segments that are encoded: pathOf`/channels/${id}`. */
export function pathOf(texts: TemplateStringsArray, ...segments: readonly string[]): string {
  return texts.map((text, n) => text + (n < segments.length ? encodeURIComponent(segments[n] ?? '') : '')).join('')
}
