package pools

import (
	"net"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

// Pool is the executors of one revision.
type Pool interface {
	// Start loads the revision and gives the milliseconds that this took when requests can be served.
	Start() (initMs float64, err error)
	// Serving is false while starts keep failing, and after Stop.
	Serving() bool
	// Take takes a new connection, of which no byte has been read.
	Take(conn *net.TCPConn)
	Report() Report
	// Stop refuses what is new with code; what runs goes on. The executors end when they have nothing left.
	Stop(code contract.Code)
	// Ended closes when every executor has ended after Stop.
	Ended() <-chan struct{}
	Kill()
}

// Report is what the executors of a pool take up now.
type Report struct {
	InFlight    int64
	MemoryBytes int64
	CPU         time.Duration
	// HeartbeatAge is of the executor that has been silent longest; negative without one.
	HeartbeatAge time.Duration
}

// Options are what a pool works with.
type Options struct {
	Order wire.LoadOrder
	// Folder holds the unpacked package.
	Folder  string
	Scratch string
	// Env is the whole environment of user code (W3.7).
	Env              []string
	MemoryLimitBytes int64
	Stats            *Stats
	Output           *Output
	Spawner          *Spawner
	Guardian         *Guardian
	// Refuse answers a connection's request with a refusal.
	Refuse func(conn *net.TCPConn, code contract.Code)
	// Route sends a connection to whoever serves now.
	Route func(conn *net.TCPConn)
}

func (o *Options) timeout() time.Duration {
	return time.Duration(o.Order.TimeoutMs) * time.Millisecond
}

// maxWaiting is how many callers wait for a loading executor rather than being refused.
const maxWaiting = 1024

// New makes the pool of a mode.
func New(o Options, process bool) Pool {
	if process {
		return newProcessPool(o)
	}
	return newThreadPool(o)
}

// add counts one executor into a report; its pool's lock is held.
func (r *Report) add(e *executor, now time.Time) {
	r.MemoryBytes += RSS(e.pid)
	r.CPU += cpuOf(e.pid)
	r.HeartbeatAge = max(r.HeartbeatAge, e.beatAge(now))
}
