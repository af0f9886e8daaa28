import math


def handler(event, context):
    """event["id"] is the same if an event comes twice."""
    match event.get("data"):
        case {"order": order, "total": int() | float() as total}:
            print(f"event {event['id']}: order {order} is paid")
            return {"order": order, "points": math.floor(total)}
    return {"statusCode": 400, "body": {"error": "send a CloudEvent with the order and its total"}}
