"""Makes functions/rent/model.json: a linear model, by least squares."""

import json
from pathlib import Path

import numpy as np

FEATURES = ["area", "rooms", "distance"]
# Square metres, rooms, kilometres to the centre, rent.
FLATS = np.array(
    [
        [35, 1, 2, 640],
        [42, 2, 6, 610],
        [55, 2, 1, 930],
        [60, 2, 9, 720],
        [74, 3, 4, 1010],
        [88, 3, 7, 1060],
        [95, 4, 3, 1290],
        [120, 5, 10, 1310],
    ],
    dtype=float,
)
inputs = np.column_stack([FLATS[:, :-1], np.ones(len(FLATS))])
solution, *_ = np.linalg.lstsq(inputs, FLATS[:, -1], rcond=None)
*weights, bias = (round(float(value), 4) for value in solution)
model = {"features": FEATURES, "weights": weights, "bias": bias}
Path(__file__).with_name("functions").joinpath("rent", "model.json").write_text(json.dumps(model) + "\n")
