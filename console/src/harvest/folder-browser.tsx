import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group'
import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Table from '@cloudscape-design/components/table'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { WindrowOutputs } from '../../../src/control/windrow-operations.ts'
import { bytesText } from '../amounts.ts'
import { pathOf } from '../api/api-client.ts'
import { useApi } from '../api/session.ts'

type Entry = { readonly name: string; readonly folder?: string; readonly size?: number }

type FolderBrowserProps = {
  readonly bucketName: string
  readonly onClosed: () => void
  /** Hears of a folder, with the slash at its end. */
  readonly onChosen: (folder: string) => void
}

/** Looks into the folders of a bucket, to write beside what is there. */
export function FolderBrowser({ bucketName, onClosed, onChosen }: FolderBrowserProps) {
  const api = useApi()
  const [prefix, setPrefix] = useState('')
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['buckets', bucketName, prefix],
    queryFn: ({ signal, pageParam }) =>
      api.get<WindrowOutputs['ListBucketObjects']>(
        pathOf`/windrow/v1/buckets/${bucketName}/objects`,
        { prefix, ...(pageParam !== undefined && { nextToken: pageParam }) },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextToken }) => nextToken,
    retry: false,
  })
  const entries: readonly Entry[] = (data?.pages ?? []).flatMap(({ folders, objects }) => [
    ...folders.map(({ prefix: folder }) => ({ name: folder.slice(prefix.length), folder })),
    ...objects.map(({ key, size }) => ({ name: key.slice(prefix.length), size })),
  ])
  const parts = prefix.split('/').filter((part) => part !== '')
  return (
    <Modal
      visible
      size="large"
      header={`Folders of ${bucketName}`}
      closeAriaLabel="Close"
      onDismiss={onClosed}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClosed}>
              Leave it
            </Button>
            <Button variant="primary" onClick={() => onChosen(prefix)}>
              Write into this folder
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <BreadcrumbGroup
          ariaLabel="Folder"
          items={[
            { text: bucketName, href: '#' },
            ...parts.map((text, n) => ({ text, href: `#${parts.slice(0, n + 1).join('/')}/` })),
          ]}
          onFollow={(event) => {
            event.preventDefault()
            setPrefix(event.detail.href.slice(1))
          }}
        />
        {error && <Alert type="info">{error.message}</Alert>}
        <Table
          variant="embedded"
          loading={isPending}
          loadingText="Looking"
          items={entries}
          trackBy="name"
          empty="There is nothing in this folder."
          ariaLabels={{ tableLabel: 'What is in the folder' }}
          columnDefinitions={[
            {
              id: 'name',
              header: 'Name',
              isRowHeader: true,
              cell: ({ name, folder }) =>
                folder === undefined ? (
                  name
                ) : (
                  <Button variant="inline-link" iconName="folder" onClick={() => setPrefix(folder)}>
                    {name}
                  </Button>
                ),
            },
            { id: 'size', header: 'Size', cell: ({ size }) => (size === undefined ? '–' : bytesText(size)) },
          ]}
          footer={
            hasNextPage && (
              <Button loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                Show more
              </Button>
            )
          }
        />
      </SpaceBetween>
    </Modal>
  )
}
