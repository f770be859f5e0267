import { createContext, use } from 'react'
import { type ApiClient, apiClient } from './api-client.ts'
import { type AccessKey, signedFetch } from './signed-fetch.ts'

/** Whose requests are signed, and by what. */
export type Session = { readonly accessKeyId: string; readonly region: string; readonly api: ApiClient }

const STORAGE_KEY = 'windrow-access-key'

export const SessionContext = createContext<(Session & { signOut(): void }) | undefined>(undefined)

/** The session that this page has. */
export function useSession(): Session & { signOut(): void } {
  const session = use(SessionContext)
  if (!session) throw new Error('there is no session outside of SessionContext')
  return session
}

export const useApi = (): ApiClient => useSession().api

export function newSession(key: AccessKey, region: string): Session {
  return { accessKeyId: key.accessKeyId, region, api: apiClient(signedFetch(key, region)) }
}

/** Keeps the key in this tab, until it is closed. */
export function saveSession(key: AccessKey, region: string): void {
  window.sessionStorage.setItem(STORAGE_KEY, JSON.stringify({ ...key, region }))
}

export function forgetSession(): void {
  window.sessionStorage.removeItem(STORAGE_KEY)
}

/** The session that this tab has kept. */
export function savedSession(): Session | undefined {
  const text = window.sessionStorage.getItem(STORAGE_KEY)
  if (text === null) return undefined
  const { accessKeyId, secretAccessKey, region } = JSON.parse(text) as AccessKey & { readonly region: string }
  return newSession({ accessKeyId, secretAccessKey }, region)
}
