import json
from http import HTTPStatus

CENTS = {"mug": 950, "pen": 250}


def app(environ, start_response):
    """A WSGI application, as a framework would make one."""
    status, body = answer(environ)
    start_response(f"{status.value} {status.phrase}", [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]


def answer(environ):
    _, collection, *rest = environ["PATH_INFO"].split("/")
    if collection == "orders":
        return order(environ["wsgi.input"].read())
    if not rest:
        return HTTPStatus.OK, [{"id": product, "cents": cents} for product, cents in CENTS.items()]
    if rest[0] not in CENTS:
        return HTTPStatus.NOT_FOUND, {"error": f"there is no product {rest[0]}"}
    return HTTPStatus.OK, {"id": rest[0], "cents": CENTS[rest[0]]}


def order(body):
    try:
        match json.loads(body):
            case {"product": str() as product, "quantity": int() as quantity} if product in CENTS and 0 < quantity <= 100:
                return HTTPStatus.CREATED, {"product": product, "quantity": quantity, "cents": CENTS[product] * quantity}
    except ValueError:
        pass
    return HTTPStatus.BAD_REQUEST, {"error": 'send {"product":"mug","quantity":1}'}
