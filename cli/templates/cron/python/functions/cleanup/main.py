from datetime import datetime, timedelta, timezone


def handler(event, context):
    """event["id"] is the trigger and the scheduled time, the same if a tick comes twice; event["data"] is what the timer in stack.ts says."""
    before = (datetime.now(timezone.utc) - timedelta(days=event["data"]["days"])).date().isoformat()
    print(f"{event['id']}: here goes what is older than {before}")
    return {"before": before}
