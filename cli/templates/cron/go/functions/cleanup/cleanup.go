// Package cleanup removes what is old.
package cleanup

import (
	"fmt"
	"time"
)

// Tick is what the timer in stack.ts says.
type Tick struct {
	Days int `json:"days"`
}

type report struct {
	Before string `json:"before"`
}

func Handler(tick Tick) report {
	before := time.Now().UTC().AddDate(0, 0, -tick.Days).Format(time.DateOnly)
	fmt.Println("here goes what is older than", before)
	return report{before}
}
