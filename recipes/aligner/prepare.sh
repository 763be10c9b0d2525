#!/bin/sh
# Fetch, import, align, check and prepare the public corpora; see README.md.
set -eu
CORPORA=${CORPORA:-}
NAMES=${*:-kumi scottpoid yuki dorodoro kathleen kerstin}

for name in $NAMES; do
    [ -s "$name.good.jsonl" ] && continue
    if [ -n "$CORPORA" ]; then
        svs corpus fetch "$name" --from "$CORPORA/$name"
    else
        svs corpus fetch "$name"
    fi
    svs corpus import "$name" -o "$name.jsonl" --rejected "$name.left-out.jsonl"
    case $name in # speech is fast, and what the model hears in it only a start: each speaker's own phones do better
        kathleen | kerstin) own=--own ;;
        *) own= ;;
    esac
    svs align "$name.jsonl" $own -o "$name.aligned.jsonl" --review "$name.review.jsonl"
    svs corpus check "$name.aligned.jsonl" --write "$name.good.jsonl" --rejected "$name.rejected.jsonl"
done
good=""
for name in $NAMES; do good="$good $name.good.jsonl"; done
# shellcheck disable=SC2086  the names are ours and hold no spaces
svs corpus prepare $good
