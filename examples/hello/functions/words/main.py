# curl -d 'the quick brown fox jumps over the lazy dog' -H 'content-type: text/plain' http://127.0.0.1:8080/words
from collections import Counter


def handler(event, context):
    words = str(event.get("body") or "").lower().split()
    return {"words": len(words), "most": Counter(words).most_common(3)}
