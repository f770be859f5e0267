import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { countText } from '../../amounts.ts'
import { pathOf } from '../../api/api-client.ts'
import { type OriginEndpoint, useOriginEndpoint, useReread, useStatuses } from '../../api/resources.ts'
import { useApi } from '../../api/session.ts'
import { CopiedText } from '../../copying/copied-text.tsx'
import type { Request } from '../../forms/field.ts'
import { TagsEditor } from '../../forms/tags-editor.tsx'
import { Values } from '../../forms/values.tsx'
import { Confirmation } from '../../layout/confirmation.tsx'
import { PageButton, PageLink } from '../../layout/page-link.tsx'
import { Resource } from '../../layout/resource.tsx'
import { SECTIONS } from '../../origin-endpoints/origin-endpoint-fields.ts'
import { PACKAGE_FIELDS } from '../../origin-endpoints/package-fields.ts'
import { Watch } from '../../origin-endpoints/watch.tsx'
import { channelPath, editEndpointPath } from '../../resources/resource-paths.ts'
import { Moment, MomentInBothZones } from '../../time/moment.tsx'

/** An origin endpoint: what it shows, and how it is set. */
export function Page({ id }: { readonly id: string }) {
  const query = useOriginEndpoint(id)
  const reread = useReread()
  const [isDeleting, setIsDeleting] = useState(false)
  return (
    <Resource query={query}>
      {(endpoint) => (
        <SpaceBetween size="l">
          <Header
            variant="h1"
            description={endpoint.description}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <PageButton to={editEndpointPath(id)}>Edit</PageButton>
                <Button onClick={() => setIsDeleting(true)}>Delete</Button>
              </SpaceBetween>
            }
          >
            {id}
          </Header>
          <HowItIs endpoint={endpoint} />
          <Watch endpoint={endpoint} />
          <Settings endpoint={endpoint} />
          <TagsEditor arn={endpoint.arn ?? ''} tags={endpoint.tags ?? {}} onSaved={() => reread('originEndpoint')} />
          {isDeleting && <Deletion endpoint={endpoint} onClosed={() => setIsDeleting(false)} />}
        </SpaceBetween>
      )}
    </Resource>
  )
}

/** How far the endpoint is, and whether it has keys. */
function HowItIs({ endpoint: { id, channelId = '' } }: { readonly endpoint: OriginEndpoint }) {
  const { data: statuses } = useStatuses()
  const status = statuses?.get(channelId)?.originEndpoints.find((each) => each.id === id)
  if (!status) return null
  const { liveEdge, isEncrypted, contentKeys = 0 } = status
  return (
    <KeyValuePairs
      columns={3}
      items={[
        { label: 'Newest segment ends', value: liveEdge === undefined ? 'Nothing yet' : <Moment at={liveEdge} /> },
        { label: 'Encryption', value: isEncrypted ? 'On' : 'Off' },
        ...(isEncrypted ? [{ label: 'Content keys of this key period', value: countText(contentKeys) }] : []),
      ]}
    />
  )
}

function Settings({ endpoint }: { readonly endpoint: OriginEndpoint }) {
  const { channelId = '', arn = '', createdAt } = endpoint
  const values = endpoint as Request
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Settings</Header>}>
        <SpaceBetween size="l">
          <KeyValuePairs
            columns={3}
            items={[
              { label: 'Channel', value: <PageLink to={channelPath(channelId)}>{channelId}</PageLink> },
              { label: 'Created', value: <MomentInBothZones at={createdAt} /> },
              { label: 'ARN', value: <CopiedText text={arn} label="Copy the ARN" /> },
            ]}
          />
          <Values fields={SECTIONS.change.flatMap(({ fields }) => fields)} values={values} />
        </SpaceBetween>
      </Container>
      {PACKAGE_FIELDS.filter(({ name }) => values[name] !== undefined).map(({ name, label, fields }) => (
        <Container key={name} header={<Header variant="h2">Package: {label}</Header>}>
          <Values fields={fields} values={values[name] as Request} />
        </Container>
      ))}
    </SpaceBetween>
  )
}

function Deletion({ endpoint, onClosed }: { readonly endpoint: OriginEndpoint; readonly onClosed: () => void }) {
  const { id = '', channelId = '' } = endpoint
  const api = useApi()
  const reread = useReread()
  const [, navigate] = useLocation()
  return (
    <Confirmation
      title={`Delete the origin endpoint ${id}?`}
      verb="Delete"
      typed={id}
      onClosed={onClosed}
      onConfirmed={async () => {
        await api.delete(pathOf`/origin_endpoints/${id}`)
        navigate(channelPath(channelId))
        await reread('originEndpoint', 'channel')
      }}
    >
      <Box variant="p">
        Its URL stops working at once, for all who are watching; an endpoint that is created anew has another. Clips end
        with it that are played by its URL. Harvest jobs in progress go on. What no other endpoint of the channel keeps
        by its startover window is deleted after a grace period.
      </Box>
    </Confirmation>
  )
}
