#!/usr/bin/env bash
# Asks every question of a file, then shows those that the documents do not answer, least sure
# first, with the nearest document: what is missing from the index, or was asked in other words.
#
#     examples/batch_eval.sh questions.jsonl [answers.jsonl]
#
# Stopped half way, or run again after `briefqa index`, it asks only what is left to ask.
set -euo pipefail

questions=${1:?"give a file of questions: JSON lines, TREC topics, or one a line"}
answers=${2:-answers.jsonl}

# 1 says that some questions failed, 3 that all were declined: both are worth looking at.
status=0
briefqa batch "$questions" -o "$answers" || status=$?
case $status in
0 | 1 | 3) ;;
*) exit "$status" ;;
esac

python3 - "$answers" <<'PROGRAM'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as stream:
    lines = [json.loads(line) for line in stream]

failed = [line for line in lines if "error" in line]
declined = [line for line in lines if not line.get("answered", True)]
for line in sorted(declined, key=lambda line: line["confidence"]):
    nearest = line["passages"][0]["doc_id"] if line["passages"] else "nothing"
    print(f"{line['confidence']:.2f}  {line['id']}  {line['question']}  (nearest: {nearest})")
for line in failed:
    print(f"failed  {line['id']}  {line['error']['message']}")
print(f"{len(lines)} asked, {len(declined)} declined, {len(failed)} failed")
PROGRAM
