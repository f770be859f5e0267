import { QueryClientProvider } from '@tanstack/react-query'
import { useState } from 'react'
import { Router } from 'wouter'
import { queryClient } from './api/queries.ts'
import { type Session, SessionContext, savedSession } from './api/session.ts'
import { Layout } from './layout/layout.tsx'
import { SignIn } from './pages/sign-in/sign-in.tsx'

/** Everything is below this path. */
const BASE = '/console'

/** The console: a form for the access key, and with one the pages. */
export function Console() {
  const [session, setSession] = useState<Session | undefined>(savedSession)
  return (
    <QueryClientProvider client={queryClient}>
      <Router base={BASE}>
        {session ? (
          <SessionContext value={{ ...session, signOut: () => setSession(undefined) }}>
            <Layout />
          </SessionContext>
        ) : (
          <SignIn onSignedIn={setSession} />
        )}
      </Router>
    </QueryClientProvider>
  )
}
