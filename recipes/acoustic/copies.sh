#!/bin/sh
# Copies for the recipe `acoustic`: banks on the pitches between and around their own, one-pitch banks and speech sung.
# Whatever was finished is not done again; takes about an hour on one core, half on two. $1: where the shards are.
set -eu
shards=${1:-$SVS_HOME/shards}

copy() { # what to do, shard, copies, options
    what=$1 from="$shards/$2.safetensors" to="$shards/copies-$3.safetensors"
    shift 3
    if [ ! -e "$from" ]; then echo "there is no $from" >&2; exit 3; fi
    if [ ! -e "$to" ]; then svs corpus "$what" "$from" -o "$to" "$@"; fi
}

svs corpus measure "$shards"/*.safetensors       # shards of older versions lack technique curves
copy shift kumi-core kumi --semitones 3.2
copy shift kumi_strong-strong kumi_strong --semitones 5
copy shift kumi_whisper-whisper kumi_whisper --semitones 5 --minutes 12
copy shift scottpoid-core scottpoid --semitones 4 --minutes 45
copy sing yuki-core yuki --low A#3 --high G5
copy sing dorodoro-core dorodoro --low E2 --high E4
copy sing kathleen-speech kathleen --low E3 --high G5 --minutes 26
copy sing kerstin-speech kerstin --low E3 --high G5 --minutes 26
copy sing teacher_kumo-spoken kumo --low E2 --high E4
copy sing teacher_kumo-slow kumo_slow --low E2 --high E4
