import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { ClipReport } from '../../../../src/control/clip-operations.ts'
import { bytesText } from '../../amounts.ts'
import { type Answer, pathOf } from '../../api/api-client.ts'
import { useApi } from '../../api/session.ts'
import { ChangeClip } from '../../clips/change-clip.tsx'
import { DeleteClip } from '../../clips/delete-clip.tsx'
import { MaterialiseClip } from '../../clips/materialise-clip.tsx'
import { WatchClip } from '../../clips/watch-clip.tsx'
import { PageLink } from '../../layout/page-link.tsx'
import { Resource } from '../../layout/resource.tsx'
import { ValuePairs } from '../../layout/value-pairs.tsx'
import { channelPath, originEndpointPath, rulePath } from '../../resources/resource-paths.ts'
import { runningTimeText } from '../../time/duration-text.ts'
import { MomentInBothZones } from '../../time/moment.tsx'
import { lengthOf } from '../../time/moment-text.ts'

/** A clip: where it is played, how long it lasts, and what can be done with it. */
export function Page({ id }: { readonly id: string }) {
  const api = useApi()
  const [, navigate] = useLocation()
  /** As it was when somebody began to change it: what is read meanwhile may have been changed by another. */
  const [begun, setBegun] = useState<Answer<ClipReport>>()
  const [isMaterialising, setIsMaterialising] = useState(false)
  const clip = useQuery({
    queryKey: ['clip', 'one', id],
    queryFn: () => api.getTagged<ClipReport>(pathOf`/windrow/v1/clips/${id}`),
  })
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        actions={
          clip.data && (
            <SpaceBetween direction="horizontal" size="xs">
              <Button onClick={() => setBegun(clip.data)}>Change</Button>
              <Button onClick={() => setIsMaterialising(true)}>Materialise</Button>
              <DeleteClip id={id} onDone={() => navigate('/clips')} />
            </SpaceBetween>
          )
        }
      >
        <span className="break">Clip {id}</span>
      </Header>
      <Resource query={clip}>{(answer) => <Clip {...answer} />}</Resource>
      {begun && <ChangeClip clip={begun} onClosed={() => setBegun(undefined)} />}
      {isMaterialising && <MaterialiseClip id={id} onClosed={() => setIsMaterialising(false)} />}
    </SpaceBetween>
  )
}

function Clip({ value: clip }: Answer<ClipReport>) {
  return (
    <SpaceBetween size="l">
      <ValuePairs
        title="Clip"
        pairs={{
          Channel: <PageLink to={channelPath(clip.channelId)}>{clip.channelId}</PageLink>,
          'Origin endpoint': clip.originEndpointId && (
            <PageLink to={originEndpointPath(clip.originEndpointId)}>{clip.originEndpointId}</PageLink>
          ),
          'Made by': clip.ruleId && <PageLink to={rulePath(clip.ruleId)}>{`Rule ${clip.ruleId}`}</PageLink>,
          Start: <MomentInBothZones at={clip.startTime} precision="millisecond" />,
          End: <MomentInBothZones at={clip.endTime} precision="millisecond" />,
          Length: runningTimeText(lengthOf(clip)),
          Cut: clip.cut,
          Keeps: bytesText(clip.pinnedBytes),
          Expires: clip.expiresAt === undefined ? 'Never' : <MomentInBothZones at={clip.expiresAt} />,
          Created: <MomentInBothZones at={clip.createdAt} />,
          Changed: clip.modifiedAt !== clip.createdAt && <MomentInBothZones at={clip.modifiedAt} />,
        }}
      />
      <WatchClip key={clip.modifiedAt} clip={clip} />
    </SpaceBetween>
  )
}
