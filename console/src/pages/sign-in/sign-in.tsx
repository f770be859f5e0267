import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Checkbox from '@cloudscape-design/components/checkbox'
import Container from '@cloudscape-design/components/container'
import Form from '@cloudscape-design/components/form'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { newSession, type Session, saveSession } from '../../api/session.ts'
import { SubmittedForm } from '../../layout/submitted-form.tsx'

/** What the server tells of itself before anybody has signed in. */
type ServerConfig = { readonly region: string; readonly version: string }

/** The form that asks for an access key pair, and tries it. */
export function SignIn({ onSignedIn }: { readonly onSignedIn: (session: Session) => void }) {
  const config = useQuery({
    queryKey: ['config'],
    queryFn: async () => (await (await fetch('/console/config.json')).json()) as ServerConfig,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const [accessKeyId, setAccessKeyId] = useState('')
  const [secretAccessKey, setSecretAccessKey] = useState('')
  const [isKept, setIsKept] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [isTrying, setIsTrying] = useState(false)

  async function signIn(): Promise<void> {
    const { region } = config.data ?? { region: 'us-east-1' }
    const key = { accessKeyId: accessKeyId.trim(), secretAccessKey: secretAccessKey.trim() }
    const session = newSession(key, region)
    setIsTrying(true)
    setProblem(undefined)
    try {
      await session.api.get('/windrow/v1/usage')
      if (isKept) saveSession(key, region)
      onSignedIn(session)
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
      setIsTrying(false)
    }
  }

  return (
    <main className="sign-in">
      <Box padding={{ vertical: 'xxxl', horizontal: 'l' }}>
        <SubmittedForm onSubmit={signIn}>
          <Form
            actions={
              <Button variant="primary" formAction="submit" loading={isTrying}>
                Sign in
              </Button>
            }
          >
            <Container header={<Header variant="h1">Sign in to Windrow</Header>}>
              <SpaceBetween size="l">
                {problem !== undefined && <Alert type="error">{problem}</Alert>}
                <FormField
                  label="Access key ID"
                  description="The key pair with which the server's API is called; it is printed at the first start."
                >
                  <Input
                    value={accessKeyId}
                    onChange={({ detail }) => setAccessKeyId(detail.value)}
                    autoComplete="username"
                    autoFocus
                  />
                </FormField>
                <FormField label="Secret access key">
                  <Input
                    value={secretAccessKey}
                    onChange={({ detail }) => setSecretAccessKey(detail.value)}
                    type="password"
                    autoComplete="current-password"
                  />
                </FormField>
                <Checkbox
                  checked={isKept}
                  onChange={({ detail }) => setIsKept(detail.checked)}
                  description="Otherwise a reload asks for the keys again. They are forgotten when the tab is closed."
                >
                  Stay signed in in this tab
                </Checkbox>
              </SpaceBetween>
            </Container>
          </Form>
        </SubmittedForm>
      </Box>
    </main>
  )
}
