"""Encodes seconds of television into a folder as they pass, with messages of SCTE 35 in the first 13.

The arguments are the folder, the name of the playlist in it without its ending, the seconds, and the PID of the
messages. Every second is a segment, and begins with a key frame.
"""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstMpegts", "1.0")
from gi.repository import GLib, Gst, GstMpegts

folder, name, seconds, splice_pid = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
FRAME_RATE = 10

Gst.init(None)
GstMpegts.initialize()
pipeline = Gst.parse_launch(f"""
    videotestsrc is-live=true pattern=ball num-buffers={seconds * FRAME_RATE}
        ! video/x-raw,width=160,height=90,framerate={FRAME_RATE}/1
        ! x264enc name=video key-int-max={FRAME_RATE} bframes=0 speed-preset=ultrafast bitrate=80
        ! video/x-h264,profile=baseline ! h264parse ! queue
        ! mpegtsmux name=mux scte-35-pid={splice_pid} scte-35-null-interval=90000
        ! hlssink target-duration=1 max-files=0 playlist-length=5
            location={folder}/{name}-%05d.ts playlist-location={folder}/{name}.m3u8
""")
mux = pipeline.get_by_name("mux")

# After so many seconds: a message about a later one. Of two at once mpegtsmux sends the last.
plan = [
    (2, lambda at: GstMpegts.scte_splice_out_new(1001, at(4), 3 * Gst.SECOND)),
    (5, lambda at: GstMpegts.scte_splice_in_new(1001, at(7))),
    (7, lambda at: GstMpegts.scte_splice_out_new(1002, at(9), 0)),
    (10, lambda at: GstMpegts.scte_splice_in_new(1002, at(11))),
    (11, lambda at: GstMpegts.scte_splice_out_new(1003, at(13), Gst.SECOND)),
    (12, lambda at: GstMpegts.scte_cancel_new(1003)),
]
first = None


def send_what_is_due(pad, info):
    global first
    segment = pad.get_sticky_event(Gst.EventType.SEGMENT, 0).parse_segment()
    now = segment.to_running_time(Gst.Format.TIME, info.get_buffer().pts)
    first = now if first is None else first
    while plan and now >= first + plan[0][0] * Gst.SECOND:
        message = plan.pop(0)[1](lambda second: first + second * Gst.SECOND)
        section = GstMpegts.Section.from_scte_sit(message, splice_pid)
        mux.send_event(GstMpegts.event_new_mpegts_section(section))
    return Gst.PadProbeReturn.OK


pipeline.get_by_name("video").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, send_what_is_due)
loop = GLib.MainLoop()
failures = []


def hear(_, message):
    if message.type == Gst.MessageType.ERROR:
        failures.append(message.parse_error())
    if message.type in (Gst.MessageType.ERROR, Gst.MessageType.EOS):
        loop.quit()


bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message", hear)
pipeline.set_state(Gst.State.PLAYING)
loop.run()
pipeline.set_state(Gst.State.NULL)
if failures:
    sys.exit(f"{failures}")
