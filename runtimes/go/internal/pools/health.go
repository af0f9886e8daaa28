package pools

import (
	"fmt"
	"time"

	"fibonacci.dev/go/internal/contract"
)

const (
	checkInterval  = 100 * time.Millisecond
	beatTolerance  = 300 * time.Millisecond
	backoffFirst   = 100 * time.Millisecond
	backoffLongest = 10 * time.Second
)

// vitals of an executor. silentChecks is how many checks in a row have found it silent, without this one: a supervisor that was held up itself reads beats late.
type vitals struct {
	silent       time.Duration
	silentChecks int
	rssBytes     int64
}

// decideReplacement tells why an executor must be replaced (W5.9, W9.3), or nil while it is well. memoryLimitBytes 0: no limit.
func decideReplacement(v vitals, timeout time.Duration, memoryLimitBytes int64) *contract.Error {
	if memoryLimitBytes > 0 && v.rssBytes > memoryLimitBytes {
		return contract.NewError(contract.MemoryLimit, fmt.Sprintf("the executor used %d bytes of memory, more than its limit of %d", v.rssBytes, memoryLimitBytes))
	}
	if isSilent(v.silent, timeout) && v.silentChecks >= 1 {
		return contract.NewError(contract.FunctionTimeout,
			fmt.Sprintf("the executor has given no sign of life for %d ms, longer than the function’s timeout of %d ms", v.silent.Milliseconds(), timeout.Milliseconds()))
	}
	return nil
}

func isSilent(silent, timeout time.Duration) bool { return silent > timeout+beatTolerance }

// backoff is how long to wait before the next start after so many in a row that led to nothing (W5.8): 0, then 100 ms doubling to 10 s.
func backoff(failures int) time.Duration {
	if failures == 0 {
		return 0
	}
	return min(backoffLongest, backoffFirst<<min(failures-1, 10))
}

// isFailedStart tells whether an end counts as a failed start: it came by itself, soon, and before any work.
func isFailedStart(lived time.Duration, connections int) bool {
	return lived < time.Second && connections == 0
}
