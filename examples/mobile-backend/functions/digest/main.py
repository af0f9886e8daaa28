"""Called by a timer at night."""


def handler(event, context):
    context.log.info("digest", {"tick": event["id"]})
    return {"sent": 0, "tick": event["id"]}
