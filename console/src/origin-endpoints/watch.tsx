import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import Header from '@cloudscape-design/components/header'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useSearchParams } from 'wouter'
import type { OriginEndpoint } from '../api/resources.ts'
import { CopiedBlock, CopiedText } from '../copying/copied-text.tsx'
import { Player } from '../player/player.tsx'
import { embedSnippet } from './embed-snippet.ts'
import { formatOf, manifestsOf, obstaclesOf } from './manifests.ts'
import { QrCode } from './qr-code.tsx'

/** Plays an endpoint, and tells how others get at it. */
export function Watch({ endpoint }: { readonly endpoint: OriginEndpoint }) {
  const [search, setSearch] = useSearchParams()
  const { id = '', origination, authorization } = endpoint
  const format = formatOf(endpoint)
  const manifests = manifestsOf(endpoint)
  const obstacles = obstaclesOf(endpoint)
  const manifest = manifests.find(({ name }) => name === search.get('manifest')) ?? manifests[0]
  const isClosed = origination === 'DENY' || authorization !== undefined
  return (
    <Container header={<Header variant="h2">Watch</Header>}>
      <SpaceBetween size="l">
        {obstacles.length > 0 && (
          <Alert
            type={isClosed ? 'warning' : 'info'}
            header={isClosed ? 'Nothing plays here' : 'Not everybody can watch'}
          >
            {obstacles.map((each) => (
              <div key={each}>{each}</div>
            ))}
          </Alert>
        )}
        {manifests.length > 1 && (
          <SegmentedControl
            label="Manifest"
            selectedId={manifest?.name ?? null}
            options={manifests.map(({ name }) => ({ id: name, text: name }))}
            onChange={({ detail }) => setSearch({ manifest: detail.selectedId }, { replace: true })}
          />
        )}
        {manifest && (
          <>
            <div>
              <Box variant="awsui-key-label">URL for players</Box>
              <CopiedText text={manifest.url} label="Copy the URL for players" />
            </div>
            {!isClosed && <Player key={manifest.url} format={format} url={manifest.url} label={`${id}, ${format}`} />}
            <ExpandableSection headerText="QR code, and a snippet for web pages">
              <SpaceBetween size="m">
                <QrCode url={manifest.url} label={`QR code of the URL of ${id}`} />
                <CopiedBlock text={embedSnippet(format, manifest.url)} label="Copy the snippet for web pages" />
              </SpaceBetween>
            </ExpandableSection>
          </>
        )}
      </SpaceBetween>
    </Container>
  )
}
