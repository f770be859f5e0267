import Badge from '@cloudscape-design/components/badge'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Toggle from '@cloudscape-design/components/toggle'
import { useState } from 'react'
import { pathOf } from '../../api/api-client.ts'
import { type Channel, type IngestEndpoint, type Input, useReread } from '../../api/resources.ts'
import { useApi } from '../../api/session.ts'
import { channelState } from '../../channels/channel-state.ts'
import { StateIndicator } from '../../channels/state-indicator.tsx'
import { CopiedText } from '../../copying/copied-text.tsx'
import { Confirmation } from '../../layout/confirmation.tsx'

type Props = { readonly channel: Channel; readonly inputs: readonly Input[] }

/** Where encoders send to: both inputs side by side. */
export function IngestEndpoints({ channel, inputs }: Props) {
  const endpoints = channel.hlsIngest?.ingestEndpoints ?? []
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Encoders send HLS by PUT (WebDAV) with digest authentication. Two of them may send the same programme: viewers see one, and the other when that fails."
        >
          Ingest endpoints
        </Header>
      }
    >
      <ColumnLayout columns={2} minColumnWidth={320}>
        {endpoints.map((endpoint, n) => (
          <OneEndpoint
            key={endpoint.id}
            channelId={channel.id ?? ''}
            endpoint={endpoint}
            name={`Input ${n + 1}`}
            input={inputs.find(({ ingestEndpointId }) => ingestEndpointId === endpoint.id)}
          />
        ))}
      </ColumnLayout>
    </Container>
  )
}

function OneEndpoint({
  channelId,
  endpoint: { id = '', url = '', username = '', password = '' },
  name,
  input,
}: {
  readonly channelId: string
  readonly endpoint: IngestEndpoint
  readonly name: string
  readonly input: Input | undefined
}) {
  const [isShown, setIsShown] = useState(false)
  const [isRotating, setIsRotating] = useState(false)
  return (
    <SpaceBetween size="s">
      <Header
        variant="h3"
        actions={
          <Button onClick={() => setIsRotating(true)} ariaLabel={`Rotate credentials of ${name}`}>
            Rotate credentials
          </Button>
        }
      >
        {name} {input?.isFollowed && <Badge color="green">In use</Badge>}
      </Header>
      {input && <StateIndicator {...channelState([input])} />}
      <KeyValuePairs
        columns={1}
        items={[
          { label: 'URL', value: <CopiedText text={url} label={`Copy the URL of ${name}`} /> },
          { label: 'User name', value: <CopiedText text={username} label={`Copy the user name of ${name}`} /> },
          {
            label: 'Password',
            value: (
              <SpaceBetween size="xxs">
                <CopiedText
                  text={password}
                  label={`Copy the password of ${name}`}
                  shown={isShown ? password : '••••••••'}
                />
                <Toggle checked={isShown} onChange={({ detail }) => setIsShown(detail.checked)}>
                  Show the password of {name}
                </Toggle>
              </SpaceBetween>
            ),
          },
        ]}
      />
      {isRotating && (
        <Rotation channelId={channelId} ingestEndpointId={id} name={name} onClosed={() => setIsRotating(false)} />
      )}
    </SpaceBetween>
  )
}

function Rotation({
  channelId,
  ingestEndpointId,
  name,
  onClosed,
}: {
  readonly channelId: string
  readonly ingestEndpointId: string
  readonly name: string
  readonly onClosed: () => void
}) {
  const api = useApi()
  const reread = useReread()
  return (
    <Confirmation
      title={`Rotate the credentials of ${name}?`}
      verb="Rotate credentials"
      onClosed={onClosed}
      onConfirmed={async () => {
        await api.put(pathOf`/channels/${channelId}/ingest_endpoints/${ingestEndpointId}/credentials`, {})
        await reread('channel')
      }}
    >
      <Box variant="p">
        {name} gets another user name and another password; its URL stays. The encoder that sends with the present ones
        is refused from its next request on, and what it would send is missing until it has the new ones. The other
        input is not affected.
      </Box>
    </Confirmation>
  )
}
