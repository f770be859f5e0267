import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'

/** What a newcomer sees: there is no channel, and how a stream comes to be seen. */
export function FirstSteps({ onCreate }: { readonly onCreate: () => void }) {
  return (
    <Container header={<Header variant="h2">From nothing to a picture</Header>}>
      <SpaceBetween size="l">
        <ol>
          <li>
            <Box variant="p">
              <b>Create a channel.</b> It has two inputs, each with a URL, a user name and a password for an encoder.
            </Box>
          </li>
          <li>
            <Box variant="p">
              <b>Copy a command</b> from the page of the channel, and run it where ffmpeg or GStreamer is; or copy the
              settings for OBS or MediaLive. What comes in is shown at once.
            </Box>
          </li>
          <li>
            <Box variant="p">
              <b>Create an origin endpoint</b> there: HLS, CMAF, DASH or Smooth Streaming. Its page plays the stream,
              and with a startover window it can be rewound, clipped and harvested.
            </Box>
          </li>
        </ol>
        <Button variant="primary" onClick={onCreate}>
          Create channel
        </Button>
      </SpaceBetween>
    </Container>
  )
}
