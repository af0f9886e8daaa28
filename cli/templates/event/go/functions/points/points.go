// Package points gives points for orders.
package points

import (
	"fmt"
	"math"
)

// Order is the data of the event.
type Order struct {
	Order int      `json:"order"`
	Total *float64 `json:"total"`
}

type values = map[string]any

func Handler(paid Order) values {
	if paid.Total == nil {
		return values{"statusCode": 400, "body": values{"error": "send a CloudEvent with the order and its total"}}
	}
	fmt.Printf("order %d is paid\n", paid.Order)
	return values{"order": paid.Order, "points": math.Floor(*paid.Total)}
}
