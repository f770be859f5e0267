import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useChannel, useInputs } from '../../api/resources.ts'
import { channelState } from '../../channels/channel-state.ts'
import { KeyFrame } from '../../channels/key-frame.tsx'
import { LastGap } from '../../channels/last-gap.tsx'
import { StateIndicator } from '../../channels/state-indicator.tsx'
import { PageButton } from '../../layout/page-link.tsx'
import { Resource } from '../../layout/resource.tsx'
import { timelinePath } from '../../resources/resource-paths.ts'
import './channel.css'
import { AccessLogs } from './access-logs.tsx'
import { DeleteChannel } from './delete-channel.tsx'
import { DescriptionAndTags } from './description-and-tags.tsx'
import { EncoderSettings } from './encoder-settings.tsx'
import { Endpoints } from './endpoints.tsx'
import { IngestEndpoints } from './ingest-endpoints.tsx'
import { InputDetails } from './input-details.tsx'

/** A channel: how an encoder gets in, what comes in, and who can watch it. */
export function Page({ id }: { readonly id: string }) {
  const query = useChannel(id)
  const { data: known } = useInputs(id)
  const inputs = known ?? []
  const isNew = inputs.every(({ state }) => state === 'NOTHING_YET')
  const [isDeleting, setIsDeleting] = useState(false)
  return (
    <Resource query={query}>
      {(channel) => (
        <SpaceBetween size="l">
          <Header
            variant="h1"
            description={channel.description}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <PageButton to={timelinePath(id)}>Timeline</PageButton>
                <Button onClick={() => setIsDeleting(true)}>Delete</Button>
              </SpaceBetween>
            }
          >
            {id}
          </Header>
          <div className="channel-glance">
            <KeyFrame channelId={id} isThere={!isNew} />
            <SpaceBetween size="s">
              <StateIndicator {...channelState(inputs)} />
              <div>
                <Box variant="awsui-key-label">Last gap</Box>
                <LastGap channelId={id} />
              </div>
            </SpaceBetween>
          </div>
          <IngestEndpoints channel={channel} inputs={inputs} />
          {known && <EncoderSettings channel={channel} isNew={isNew} />}
          <InputDetails channel={channel} inputs={inputs} />
          <Endpoints channelId={id} />
          <DescriptionAndTags channel={channel} />
          <AccessLogs channel={channel} />
          {isDeleting && <DeleteChannel channel={channel} onClosed={() => setIsDeleting(false)} />}
        </SpaceBetween>
      )}
    </Resource>
  )
}
