package pools

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

const (
	loadLimit = 60 * time.Second
	// What an executor has said is read to its end; what it left behind may hold its descriptors for longer.
	lastWordsLimit = 300 * time.Millisecond
)

// Exit is what is known of an executor that has ended.
type Exit struct {
	Reason string
	// Untaken connections were handed over and never taken: nobody has read a byte of them.
	Untaken []*net.TCPConn
	Running []wire.Running
}

// handed is a connection on its way to an executor. With keep our own descriptor stays open when it has arrived.
type handed struct {
	conn *net.TCPConn
	keep bool
}

// executor is the supervisor's end of one process that runs user code.
type executor struct {
	pid       int
	startedAt time.Time
	page      *wire.Page
	// exited closes when the process has ended and all that it said has been heard; exit tells the rest.
	exited chan struct{}
	exit   Exit
	// expected: ended on purpose, its end is no crash.
	expected atomic.Bool

	channel  *wire.Channel
	onNotice func(frame wire.Frame)
	loaded   chan error
	initMs   float64

	mu sync.Mutex
	// ended: the process is no more. gone: nor is there anything to hear of it.
	ended   bool
	gone    bool
	untaken map[uint64]handed
	nextID  uint64
	taken   int
	// kept are the first lines on stderr while the code loads.
	kept []string

	beats     uint64
	lastBeat  time.Time
	silentFor int
}

// startExecutor starts the function's executable and orders it to load; onNotice hears the rest of what it says, one frame after the other.
func startExecutor(o *Options, onNotice func(e *executor, frame wire.Frame)) (*executor, error) {
	page, pageFile, err := wire.CreatePage(o.Scratch)
	if err != nil {
		return nil, err
	}
	defer func() { _ = pageFile.Close() }()
	channel, theirs, err := channelPair()
	if err != nil {
		page.Unmap()
		return nil, err
	}
	defer func() { _ = theirs.Close() }()
	e := &executor{
		startedAt: time.Now(), lastBeat: time.Now(), page: page, channel: channel,
		exited: make(chan struct{}), loaded: make(chan error, 1), untaken: map[uint64]handed{},
	}
	runtime.AddCleanup(e, func(page *wire.Page) { page.Unmap() }, page)
	e.onNotice = func(frame wire.Frame) { onNotice(e, frame) }
	out, err := openOutput()
	if err != nil {
		return nil, errors.Join(err, channel.Close())
	}
	ended, err := e.spawn(o, []*os.File{out.nothing, out.stdout.write, out.stderr.write, theirs, pageFile, out.journal.write})
	out.closeOurs()
	if err != nil {
		out.closeReaders()
		return nil, errors.Join(err, channel.Close())
	}
	o.Stats.began(page)
	o.Guardian.watch(e.pid)
	heard := e.listen(o, out)
	go e.awaitEnd(o, ended, heard, out)
	if err := channel.Send(wire.KindLoad, o.Order); err != nil {
		// It is ending; `exited` tells why.
		return e, nil
	}
	return e, nil
}

func (e *executor) spawn(o *Options, files []*os.File) (<-chan Ended, error) {
	path := filepath.Join(o.Folder, contract.Executable)
	descriptors := make([]uintptr, len(files))
	for i, file := range files {
		descriptors[i] = file.Fd()
	}
	attributes := &syscall.ProcAttr{Dir: o.Folder, Env: o.Env, Files: descriptors, Sys: lifeline()}
	pid, ended, err := o.Spawner.Start(path, []string{path, wire.ExecutorArgument}, attributes)
	e.pid = pid
	if err != nil {
		return nil, contract.NewError(contract.LoadFailed, cannotStart(err))
	}
	return ended, nil
}

func cannotStart(err error) string {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "the package has no file named " + contract.Executable + ", the compiled function: pack the code again"
	case errors.Is(err, syscall.ENOEXEC):
		return "the file " + contract.Executable + " is no program for this machine: build it for its system and processor (GOOS, GOARCH)"
	case errors.Is(err, os.ErrPermission):
		return "the file " + contract.Executable + " may not be run: mount FIB_SCRATCH without noexec"
	}
	return "the file " + contract.Executable + " cannot be started: " + err.Error()
}

// load waits until the executor can serve and gives the milliseconds that this took.
func (e *executor) load() (float64, error) {
	timer := time.NewTimer(loadLimit)
	defer timer.Stop()
	select {
	case err := <-e.loaded:
		return e.initMs, err
	case <-timer.C:
		return 0, contract.NewError(contract.LoadFailed, fmt.Sprintf("the function did not finish loading within %d s", loadLimit/time.Second))
	}
}

// hand hands a connection over. With keep our own descriptor stays open, so that we can still answer on it; else it is closed once the executor has it.
// False: the executor has ended, and the connection is the caller's again.
func (e *executor) hand(conn *net.TCPConn, keep bool) bool {
	e.mu.Lock()
	if e.gone {
		e.mu.Unlock()
		return false
	}
	e.nextID++
	id := e.nextID
	e.untaken[id] = handed{conn, keep}
	e.mu.Unlock()
	// A failed write means that the process is ending; its exit tells what becomes of its connections.
	_ = e.channel.SendConnection(wire.KindConnection, wire.Connection{ID: id}, conn)
	return true
}

func (e *executor) retire(code contract.Code, grace time.Duration) {
	e.expected.Store(true)
	_ = e.channel.Send(wire.KindRetire, wire.Retire{Code: code, GraceMs: grace.Milliseconds()})
}

func (e *executor) kill() {
	e.expected.Store(true)
	killGroup(e.pid)
}

// beatAge tells how long it has been silent; to be asked regularly, from one goroutine at a time.
func (e *executor) beatAge(now time.Time) time.Duration {
	if beats := e.page.Beats.Load(); beats != e.beats {
		e.beats, e.lastBeat = beats, now
	}
	return now.Sub(e.lastBeat)
}

func (e *executor) connectionsTaken() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.taken
}

func (e *executor) awaitEnd(o *Options, ended <-chan Ended, heard [2]chan struct{}, out *output) {
	end := <-ended
	e.mu.Lock()
	e.ended = true
	e.mu.Unlock()
	// What it had started goes with it.
	killGroup(e.pid)
	timer := time.NewTimer(lastWordsLimit)
	defer timer.Stop()
	for _, done := range heard {
		select {
		case <-done:
		case <-timer.C:
			_ = e.channel.Close()
			out.closeReaders()
			<-done
			timer.Reset(0)
		}
	}
	_ = e.channel.Close()
	out.closeReaders()
	o.Guardian.forget(e.pid)
	o.Stats.ended(e.page, end.CPU)
	e.mu.Lock()
	e.gone = true
	e.exit = Exit{Reason: reasonOf(end.Status), Running: e.page.Running()}
	for _, one := range e.untaken {
		e.exit.Untaken = append(e.exit.Untaken, one.conn)
	}
	kept := e.kept
	e.mu.Unlock()
	e.settle(describeExit(e.exit.Reason, kept, filepath.Join(o.Folder, contract.Executable)))
	close(e.exited)
}

func reasonOf(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "signal " + status.Signal().String()
	}
	return fmt.Sprintf("exit code %d", status.ExitStatus())
}

// pending counts connections that it has not taken yet.
func (e *executor) pending() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.untaken)
}

// orphan counts a connection that could not be handed over among those that were never taken.
func (e *executor) orphan(conn *net.TCPConn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.exit.Untaken = append(e.exit.Untaken, conn)
}
