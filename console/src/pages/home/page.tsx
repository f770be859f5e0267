import Button from '@cloudscape-design/components/button'
import Cards from '@cloudscape-design/components/cards'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { lazy, Suspense } from 'react'
import { useSearchParams } from 'wouter'
import { useChannels, useStatuses } from '../../api/resources.ts'
import { PageLink } from '../../layout/page-link.tsx'
import { Resource } from '../../layout/resource.tsx'
import { channelPath } from '../../resources/resource-paths.ts'
import { type CardItem, ChannelCard } from './channel-card.tsx'
import { FirstSteps } from './first-steps.tsx'

/** Forms are not among what the first page loads. */
const CreateChannel = lazy(async () => ({ default: (await import('./create-channel.tsx')).CreateChannel }))

/** Channels, as cards. */
export function Page() {
  const channels = useChannels()
  const { data: statuses } = useStatuses()
  const [search, setSearch] = useSearchParams()
  const create = () => setSearch({ create: 'channel' })
  return (
    <>
      <Resource query={channels}>
        {(all) => {
          const header = (
            <Header variant="h1" counter={`(${all.length})`} actions={<Button onClick={create}>Create channel</Button>}>
              Channels
            </Header>
          )
          if (all.length === 0) {
            return (
              <SpaceBetween size="l">
                {header}
                <FirstSteps onCreate={create} />
              </SpaceBetween>
            )
          }
          const items: readonly CardItem[] = all.map((channel) => ({
            channel,
            status: statuses?.get(channel.id ?? ''),
          }))
          return (
            <Cards
              header={header}
              items={items}
              trackBy={({ channel }) => channel.id ?? ''}
              ariaLabels={{ cardsLabel: 'Channels', itemSelectionLabel: () => '', selectionGroupLabel: '' }}
              cardsPerRow={[{ cards: 1 }, { minWidth: 600, cards: 2 }, { minWidth: 1100, cards: 3 }]}
              cardDefinition={{
                header: ({ channel: { id = '' } }) => (
                  <PageLink to={channelPath(id)} fontSize="heading-m">
                    {id}
                  </PageLink>
                ),
                sections: [{ id: 'channel', content: (item) => <ChannelCard {...item} /> }],
              }}
            />
          )
        }}
      </Resource>
      {search.get('create') === 'channel' && (
        <Suspense>
          <CreateChannel onClosed={() => setSearch({})} />
        </Suspense>
      )}
    </>
  )
}
