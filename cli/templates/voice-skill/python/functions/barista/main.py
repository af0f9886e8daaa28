QUESTIONS = {
    "drink": ("Coffee or tea?", ["coffee", "tea"]),
    "size": ("Small or large?", ["small", "large"]),
}


def handler(event, context):
    """The body is {"text", "session"?}: the session is that of the last reply."""
    match event["body"]:
        case {"text": str() as text, "session": dict() as session}:
            return reply(text.lower(), session)
        case {"text": str() as text}:
            return reply(text.lower(), {})
    return {"statusCode": 400, "body": {"error": 'send {"text":"…"}'}}


def reply(said, session):
    for name, (_, answers) in QUESTIONS.items():
        answer = next((word for word in answers if word in said), None)
        if answer is not None:
            session[name] = answer
    for name, (question, _) in QUESTIONS.items():
        if name not in session:
            return {"reply": question, "session": session, "ends": False}
    return {"reply": f"A {session['size']} {session['drink']}. It is on its way.", "session": session, "ends": True}
