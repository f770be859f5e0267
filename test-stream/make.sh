#!/bin/bash
# Makes the test stream: eight seconds in two renditions, and a second sound track, that loop without a seam. Needs
# ffmpeg with libx264.
#
# 8 s are 200 pictures at 25 fps and 375 AAC frames at 48 kHz, both whole. The sound is cut out of the middle of a
# longer encoding, so that it has no priming and its last frame runs on into its first.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ff() { ffmpeg -nostdin -hide_banner -loglevel error -y "$@"; }

sound() { # name frequency
  ff -f lavfi -i "sine=frequency=$2:beep_factor=4:sample_rate=48000:duration=24,volume=-18dB" \
    -ac 1 -c:a aac -b:a 48k -f adts "$work/long.aac"
  # 1 + 375 frames in: past the priming and one whole turn of the loop.
  ff -ss 8.021333 -i "$work/long.aac" -frames:a 375 -c copy -f adts "$work/$1.aac"
}
sound loop 220
sound second 330

rendition() { # name size bitrate
  ff -f lavfi -i "testsrc2=size=$2:rate=25:duration=8,drawtext=text='windrow  %{pts\:hms}':x=(w-tw)/2:y=h*0.82:fontsize=h/11:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=8,format=yuv420p" \
    -c:v libx264 -preset veryslow -tune animation -profile:v main -b:v "$3" -maxrate "$3" -bufsize "$3" -bf 2 \
    -g 50 -keyint_min 50 -sc_threshold 0 -flags +cgop -an "$work/$1.mp4"
  ff -i "$work/$1.mp4" -i "$work/loop.aac" -map 0:v -map 1:a -c copy -f hls -hls_time 2 -hls_list_size 0 \
    -hls_segment_filename "$1-%d.m2t" "$work/$1.m3u8"
}
rm -f ./*.m2t
rendition high 640x360 400k
rendition low 320x180 150k
ff -i "$work/second.aac" -c copy -f hls -hls_time 2 -hls_list_size 0 -hls_segment_filename 'sound-%d.m2t' "$work/sound.m3u8"
ls -l ./*.m2t
