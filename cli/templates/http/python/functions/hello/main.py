import os


def handler(event, context):
    name = event["query"].get("name", "world")
    return {"message": f"Hello, {name}!", "environment": os.environ["ENVIRONMENT"]}
