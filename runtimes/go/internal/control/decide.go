package control

import (
	"fmt"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

// Served is what an instance serves.
type Served struct {
	Generation int64
	Content    string
}

// State is what decides about a push. Owner is the function that the instance belongs to for life; nil before its first specialization. Served is nil while nothing is.
type State struct {
	Owner    *wire.FunctionRef
	Served   *Served
	Draining bool
}

// DecidePush tells whether a push is served already (W3.6) or has to be loaded.
func DecidePush(state State, act Act, pushed *Document) (same bool, err error) {
	owner, served := state.Owner, state.Served
	switch {
	case owner != nil && owner.UID != pushed.Function.UID:
		return false, contract.NewError(contract.AlreadySpecialized, fmt.Sprintf("this instance belongs to %s/%s (UID %s) for life", owner.Namespace, owner.Name, owner.UID))
	case act == ActUpdate && served == nil:
		return false, contract.NewError(contract.NotSpecialized, "there is nothing to update: this instance serves no function yet")
	case served != nil && served.Generation == pushed.Generation && served.Content == pushed.Content:
		return true, nil
	case served != nil && pushed.Generation <= served.Generation:
		return false, contract.NewError(contract.StaleGeneration, fmt.Sprintf("generation %d is not above the current generation %d", pushed.Generation, served.Generation))
	case state.Draining:
		return false, contract.NewError(contract.Draining, "this instance is ending")
	}
	return false, nil
}
