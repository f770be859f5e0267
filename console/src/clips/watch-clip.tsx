import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useSearchParams } from 'wouter'
import type { ClipReport } from '../../../src/control/clip-operations.ts'
import { CopiedText } from '../copying/copied-text.tsx'
import { isHttp } from '../layout/is-http.ts'
import { OuterLink } from '../layout/outer-link.tsx'
import type { PlayedFormat } from '../player/engines.ts'
import { Player } from '../player/player.tsx'
import './watch-clip.css'

/** The names of the formats in which clips are played, and who plays them; a browser itself where nobody does. */
const FORMATS: Readonly<Record<string, { readonly name: string; readonly played?: PlayedFormat }>> = {
  hls: { name: 'HLS', played: 'HLS' },
  cmaf: { name: 'HLS over CMAF', played: 'CMAF' },
  dash: { name: 'DASH', played: 'DASH' },
  mss: { name: 'Smooth Streaming', played: 'Smooth Streaming' },
  mp4: { name: 'MP4 file' },
}

/** Plays a clip in any of its formats, which the address keeps, and tells the URLs of all. */
export function WatchClip({ clip: { id, urls } }: { readonly clip: Pick<ClipReport, 'id' | 'urls'> }) {
  const [search, setSearch] = useSearchParams()
  const known = Object.entries(urls).flatMap(([kind, url]) => {
    const format = Object.hasOwn(FORMATS, kind) ? FORMATS[kind] : undefined
    return format && isHttp(url) ? [{ kind, url, ...format }] : []
  })
  const chosen = known.find(({ kind }) => kind === search.get('format')) ?? known[0]
  return (
    <Container header={<Header variant="h2">Watch</Header>}>
      <SpaceBetween size="l">
        {known.length > 1 && (
          <SegmentedControl
            label="Format"
            selectedId={chosen?.kind ?? null}
            options={known.map(({ kind, name }) => ({ id: kind, text: name }))}
            onChange={({ detail }) => setSearch({ format: detail.selectedId }, { replace: true })}
          />
        )}
        {chosen && <Played key={chosen.url} id={id} {...chosen} />}
        <SpaceBetween size="xs">
          {known.map(({ kind, name, url }) => (
            <div key={kind}>
              <CopiedText text={url} label={`Copy the URL of ${name}`} />{' '}
              {kind === 'mp4' && <OuterLink url={url}>Open the file</OuterLink>}
            </div>
          ))}
        </SpaceBetween>
      </SpaceBetween>
    </Container>
  )
}

type PlayedProps = {
  readonly id: string
  readonly name: string
  readonly url: string
  readonly played?: PlayedFormat
}

function Played({ id, name, url, played }: PlayedProps) {
  const label = `Clip ${id}, ${name}`
  if (played) return <Player format={played} url={url} label={label} />
  return <video className="clip-file" src={url} aria-label={label} controls muted playsInline />
}
