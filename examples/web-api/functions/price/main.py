import os
from decimal import ROUND_HALF_UP, Decimal

TAX = Decimal(os.environ["TAX_PERCENT"]) / 100


# curl -H 'content-type: application/json' -d '{"lines":[{"cents":499,"count":3}]}' http://127.0.0.1:8080/price
def handler(event, context):
    lines = event["body"]["lines"]
    net = sum(Decimal(line["cents"]) * line["count"] for line in lines)
    if sum(line["count"] for line in lines) >= 10:
        net *= Decimal("0.9")
    tax = (net * TAX).quantize(Decimal(1), ROUND_HALF_UP)
    net = net.quantize(Decimal(1), ROUND_HALF_UP)
    return {"netCents": int(net), "taxCents": int(tax), "totalCents": int(net + tax)}
