import Autosuggest from '@cloudscape-design/components/autosuggest'
import Button from '@cloudscape-design/components/button'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useBuckets } from './buckets.ts'
import { FolderBrowser } from './folder-browser.tsx'
import type { HarvestForm } from './harvest-request.ts'

type DestinationFieldsProps = {
  readonly form: HarvestForm
  readonly ending: string
  readonly onChange: (form: HarvestForm) => void
  /** What the server says of a member of `s3Destination`. */
  readonly problemOf: (member: string) => string | undefined
}

/** Where an asset is written: a bucket, a key with patterns, and folders to look into where the store lists them. */
export function DestinationFields({ form, ending, onChange, problemOf }: DestinationFieldsProps) {
  const [isBrowsing, setIsBrowsing] = useState(false)
  const buckets = useBuckets()
  const names = buckets.data?.buckets ?? []
  return (
    <SpaceBetween size="m">
      <FormField
        label="Bucket"
        errorText={problemOf('bucketName')}
        constraintText={buckets.error?.message ?? buckets.data?.reason}
      >
        <Autosuggest
          value={form.bucketName}
          onChange={({ detail }) => onChange({ ...form, bucketName: detail.value })}
          options={names.map(({ name }) => ({ value: name }))}
          enteredTextLabel={(text) => `Use ${text}`}
          statusType={buckets.isPending ? 'loading' : 'finished'}
          empty="No bucket is listed: write its name."
          placeholder="clips"
        />
      </FormField>
      <FormField
        label="Path"
        description="Folders and the name of the manifest or file. Patterns: {channel}, {endpoint}, {id}, {start} and {end}, also as {start:yyyy/MM/dd@Europe/Berlin}."
        errorText={problemOf('manifestKey')}
        constraintText={`The key is ${form.path}${ending}`}
        secondaryControl={
          <Button iconName="folder" disabled={form.bucketName === ''} onClick={() => setIsBrowsing(true)}>
            Browse
          </Button>
        }
      >
        <Input
          value={form.path}
          onChange={({ detail }) => onChange({ ...form, path: detail.value })}
          autoComplete={false}
          spellcheck={false}
        />
      </FormField>
      <ExpandableSection headerText="Role">
        <FormField
          label="Role ARN"
          description="The role that writes, where the server is set up to assume roles; it must be given in any case."
          errorText={problemOf('roleArn')}
        >
          <Input
            value={form.roleArn}
            onChange={({ detail }) => onChange({ ...form, roleArn: detail.value.trim() })}
            autoComplete={false}
            spellcheck={false}
          />
        </FormField>
      </ExpandableSection>
      {isBrowsing && (
        <FolderBrowser
          bucketName={form.bucketName}
          onClosed={() => setIsBrowsing(false)}
          onChosen={(folder) => {
            onChange({ ...form, path: folder + form.path.slice(form.path.lastIndexOf('/') + 1) })
            setIsBrowsing(false)
          }}
        />
      )}
    </SpaceBetween>
  )
}
