#!/bin/sh
# Asks a running `briefqa serve` with curl: an answer, a streamed one, passages, the list of
# documents; and has the receipts of the answer verified.
#
#     examples/curl.sh "How large is the UK's AI investment?"
#
# The address is http://127.0.0.1:8321 unless BRIEFQA_URL says otherwise. BRIEFQA_KEY is the key,
# if the service asks for one. Needs curl, and python3 to write and read JSON.
set -eu

service=${BRIEFQA_URL:-http://127.0.0.1:8321}
question=${1:-"How large is the UK's AI investment?"}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The key comes from a file, because every user of the machine can read a program's arguments.
{
  echo 'header = "Content-Type: application/json"'
  if [ -n "${BRIEFQA_KEY:-}" ]; then
    printf 'header = "Authorization: Bearer %s"\n' "$BRIEFQA_KEY"
  fi
} > "$folder/curl"
call() {
  path=$1
  shift
  curl --silent --show-error --fail-with-body --no-buffer --config "$folder/curl" "$service$path" "$@"
}

# A question may hold quotes and backslashes: JSON is not for printf to write.
body() { python3 -c 'import json, sys; print(json.dumps({"question": sys.argv[1], **json.loads(sys.argv[2])}))' "$question" "$1"; }
show() { python3 -m json.tool --no-ensure-ascii; }

echo "# An answer"
body '{"top_k": 3}' | call /v1/ask --data-binary @- > "$folder/answer.json"
show < "$folder/answer.json"

echo "# The same, as it comes"
body '{"stream": true}' | call /v1/ask --data-binary @-

echo "# Passages alone"
body '{"top_k": 2}' | call /v1/search --data-binary @- | show

echo "# What is indexed"
call "/v1/documents?limit=3" --get | show

echo "# Whether the receipts of the answer hold"
call /v1/verify --data-binary "@$folder/answer.json" | show
