package wire

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"fibonacci.dev/go/internal/contract"
)

// Slots is how many invocations an executor accounts for by name; those above are only counted.
const Slots = 1024

// Buckets are the upper bounds of the duration histogram, in seconds; one more holds what is above the last.
var Buckets = [...]float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}

// Page is memory that an executor writes and its supervisor reads, also after the executor is gone: what it counted, and what it had under way.
type Page struct {
	// Beats grows every 100 ms while the executor lives (W9.3).
	Beats       atomic.Uint64
	InFlight    atomic.Int64
	Connections atomic.Int64
	Tally       Tally
	slots       [Slots]slot
}

// Tally counts invocations by outcome, and their durations.
type Tally struct {
	OK, Error, Timeout, Refused atomic.Uint64
	DurationNanos               atomic.Uint64
	Buckets                     [len(Buckets) + 1]atomic.Uint64
}

// Outcome of an invocation that user code has seen.
type Outcome int

// The outcomes of W2.4 but for "refused", which is no invocation.
const (
	OutcomeOK Outcome = iota
	OutcomeError
	OutcomeTimeout
)

// Count adds one invocation.
func (t *Tally) Count(outcome Outcome, duration time.Duration) {
	switch outcome {
	case OutcomeOK:
		t.OK.Add(1)
	case OutcomeError:
		t.Error.Add(1)
	case OutcomeTimeout:
		t.Timeout.Add(1)
	}
	t.DurationNanos.Add(uint64(max(duration, 0)))
	seconds, index := duration.Seconds(), 0
	for index < len(Buckets) && seconds > Buckets[index] {
		index++
	}
	t.Buckets[index].Add(1)
}

// Add adds what another has counted.
func (t *Tally) Add(other *Tally) {
	t.OK.Add(other.OK.Load())
	t.Error.Add(other.Error.Load())
	t.Timeout.Add(other.Timeout.Load())
	t.Refused.Add(other.Refused.Load())
	t.DurationNanos.Add(other.DurationNanos.Load())
	for i := range t.Buckets {
		t.Buckets[i].Add(other.Buckets[i].Load())
	}
}

type slot struct {
	startedNanos atomic.Int64
	length       uint32
	id           [128]byte
}

// Open writes down that an invocation runs, in a slot that the caller owns.
func (p *Page) Open(index int, requestID string, started time.Time) {
	s := &p.slots[index]
	s.length = uint32(copy(s.id[:], requestID))
	s.startedNanos.Store(started.UnixNano())
}

// Close frees a slot.
func (p *Page) Close(index int) {
	p.slots[index].startedNanos.Store(0)
}

// Running is an invocation that had not ended.
type Running struct {
	RequestID string
	Started   time.Time
}

// Running lists what was under way, once the executor is gone. User code shares the executor's memory: what it may have scribbled is left out.
func (p *Page) Running() []Running {
	var running []Running
	for i := range p.slots {
		s := &p.slots[i]
		started := s.startedNanos.Load()
		if started == 0 || s.length > uint32(len(s.id)) {
			continue
		}
		if id := string(s.id[:s.length]); contract.IsRequestID(id) {
			running = append(running, Running{RequestID: id, Started: time.Unix(0, started)})
		}
	}
	return running
}

const pageBytes = int(unsafe.Sizeof(Page{}))

// CreatePage makes a page; the file goes to the executor.
func CreatePage(folder string) (*Page, *os.File, error) {
	file, err := createShared(folder, int64(pageBytes))
	if err != nil {
		return nil, nil, err
	}
	page, err := MapPage(file)
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return page, file, nil
}

// MapPage maps the page of a file.
func MapPage(file *os.File) (*Page, error) {
	memory, err := syscall.Mmap(int(file.Fd()), 0, pageBytes, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return (*Page)(unsafe.Pointer(&memory[0])), nil
}

// Unmap gives the memory back; the page must not be used again.
func (p *Page) Unmap() {
	// The slice that syscall.Mmap knows is found by its last byte.
	memory := unsafe.Slice((*byte)(unsafe.Pointer(p)), pageBytes)
	_ = syscall.Munmap(memory)
}
