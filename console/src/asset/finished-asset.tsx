import './asset.css'
import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { HarvestReport } from '../../../src/control/harvest-operations.ts'
import { bytesText } from '../amounts.ts'
import { useApi } from '../api/session.ts'
import { CopiedText } from '../copying/copied-text.tsx'
import { Resource } from '../layout/resource.tsx'
import { type AssetFile, assetFiles, fileName, filePath, mainFiles } from './asset-files.ts'
import { AssetPlayer } from './asset-player.tsx'
import { HarvestJson } from './harvest-json.tsx'

type Finished = Pick<HarvestReport, 's3Destination' | 'id'>

/** What a job has made: to be played, to be downloaded, with its paths and its report. */
export function FinishedAsset({ job }: { readonly job: Finished }) {
  const api = useApi()
  const files = useQuery({
    queryKey: ['harvestJob', job.id, 'files'],
    queryFn: ({ signal }) => assetFiles(api, job.id, signal),
    staleTime: 60_000,
  })
  const { bucketName, manifestKey } = job.s3Destination
  return (
    <Resource query={files}>
      {(all) => {
        const { downloads, played, report } = mainFiles(all, manifestKey)
        return (
          <SpaceBetween size="m">
            {played && (
              <AssetPlayer
                played={{ kind: played.kind, path: filePath(job.id, played.file.key) }}
                label={`What ${job.id} has made`}
              />
            )}
            <ul className="asset-files">
              {downloads.map((file) => (
                <Download key={file.key} jobId={job.id} file={file} />
              ))}
            </ul>
            <SpaceBetween size="xs">
              <CopiedText label="Copy the path of the manifest" text={`s3://${bucketName}/${manifestKey}`} />
              <CopiedText
                label="Copy the path of the folder"
                text={`s3://${bucketName}/${manifestKey.slice(0, manifestKey.lastIndexOf('/') + 1)}`}
              />
            </SpaceBetween>
            <Box color="text-body-secondary">
              {all.length} objects, {bytesText(all.reduce((sum, { size }) => sum + size, 0))} in all.
            </Box>
            {report && (
              <ExpandableSection headerText="harvest.json">
                <HarvestJson path={filePath(job.id, report.key)} />
              </ExpandableSection>
            )}
          </SpaceBetween>
        )
      }}
    </Resource>
  )
}

/** A link that is good for long enough to be followed at once. */
const LINK_SECONDS = 60

/** A file, which the browser saves under its name. */
function Download({ jobId, file }: { readonly jobId: string; readonly file: AssetFile }) {
  const { signed } = useApi()
  const [problem, setProblem] = useState<string>()
  async function download(): Promise<void> {
    try {
      const link = document.createElement('a')
      link.href = await signed.presign({ path: filePath(jobId, file.key), query: { download: '1' } }, LINK_SECONDS)
      link.download = fileName(file.key)
      link.click()
      setProblem(undefined)
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <li>
      <Button iconName="download" variant="inline-link" onClick={() => void download()}>
        {fileName(file.key)}
      </Button>{' '}
      <Box variant="span" color="text-body-secondary">
        {bytesText(file.size)}
      </Box>
      {problem !== undefined && <Alert type="error">{problem}</Alert>}
    </li>
  )
}
