"""A quiz: CONTENT is { "questions": [{ "question", "answers": ["paris"] }] }. Asks all of them and counts; the count is in the session."""

import json
import os

QUESTIONS = json.loads(os.environ["CONTENT"])["questions"]


def handler(event, context):
    body = event.get("body")
    if not isinstance(body, dict) or not isinstance(body.get("text"), str):
        return {"statusCode": 400, "body": {"error": 'send {"text": "…", "session": {…}}'}}
    session = body.get("session")
    if session is None:
        return turn("Here we go.", {"asked": 0, "right": 0})
    asked, right = int(session["asked"]), int(session["right"])
    answers = QUESTIONS[asked]["answers"]
    is_right = any(answer in body["text"].lower() for answer in answers)
    remark = "Right." if is_right else f"No, {answers[0]}."
    return turn(remark, {"asked": asked + 1, "right": right + is_right})


def turn(remark, session):
    if session["asked"] < len(QUESTIONS):
        return {"reply": f'{remark} {QUESTIONS[session["asked"]]["question"]}', "session": session, "ends": False}
    return {"reply": f'{remark} {session["right"]} of {len(QUESTIONS)} were right.', "session": session, "ends": True}
