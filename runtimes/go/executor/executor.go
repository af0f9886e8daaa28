// Package executor is what a function's generated main program calls. Handlers have no use for it: see package function.
package executor

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/invoke"
	"fibonacci.dev/go/internal/wire"
)

const (
	exitUsage   = 64
	exitChannel = 70
	// beatInterval is how often the executor shows that it lives (W9.3 allows 200 ms).
	beatInterval = 100 * time.Millisecond
)

// Run serves the handlers, each under the name by which a function declares it (`hello.Handler`), until the supervisor ends.
func Run(handlers map[string]any) {
	if len(os.Args) < 2 || os.Args[1] != wire.ExecutorArgument {
		fmt.Fprintln(os.Stderr, "this is a function of a Fibonacci platform: its Go watcher starts it, no terminal does; try it with `fib dev`")
		os.Exit(exitUsage)
	}
	// User code sees no trace of how it was started.
	os.Args = os.Args[:1]
	for _, fd := range []int{wire.ChannelFD, wire.PageFD, wire.JournalFD} {
		syscall.CloseOnExec(fd)
	}
	e, err := connect(handlers)
	if err != nil {
		fmt.Fprintln(os.Stderr, "the executor cannot start:", err)
		os.Exit(exitChannel)
	}
	e.serve()
}

type executor struct {
	handlers map[string]any
	channel  *wire.Channel
	page     *wire.Page
	journal  *invoke.Journal
	front    *invoke.Front
}

func connect(handlers map[string]any) (*executor, error) {
	channel, err := wire.NewChannel(os.NewFile(wire.ChannelFD, "channel"))
	if err != nil {
		return nil, err
	}
	file := os.NewFile(wire.PageFD, "page")
	page, err := wire.MapPage(file)
	if err != nil {
		return nil, err
	}
	_ = file.Close()
	journal := invoke.NewJournal(os.NewFile(wire.JournalFD, "journal"))
	return &executor{handlers: handlers, channel: channel, page: page, journal: journal}, nil
}

// serve carries out the supervisor's orders until it is gone.
func (e *executor) serve() {
	go e.beat()
	for {
		frame, err := e.channel.Receive()
		if err != nil {
			// What user code has started goes with us.
			_ = syscall.Kill(0, syscall.SIGKILL)
			os.Exit(exitChannel)
		}
		switch frame.Kind {
		case wire.KindLoad:
			e.load(frame.Payload)
		case wire.KindConnection:
			e.take(frame)
		case wire.KindRetire:
			var order wire.Retire
			if json.Unmarshal(frame.Payload, &order) == nil && e.front != nil {
				e.front.Retire(order.Code, time.Duration(order.GraceMs)*time.Millisecond)
			}
		}
	}
}

func (e *executor) beat() {
	for {
		e.page.Beats.Add(1)
		time.Sleep(beatInterval)
	}
}

// gcPercent lets the heap of a function grow more before it is collected than Go does by default: requests make much garbage and keep little. The memory limit bounds it.
const gcPercent = 200

// memoryHeadroom of the limit is left to what is not the Go heap: the collector works harder before the supervisor has to end us.
const memoryHeadroom = 0.9

func (e *executor) load(payload []byte) {
	started := time.Now()
	var order wire.LoadOrder
	if err := json.Unmarshal(payload, &order); err != nil || order.Version != wire.Version {
		message := fmt.Sprintf("the function was compiled for version %d of the watcher's protocol, and this watcher speaks %d: compile it with the packager of the platform's version", wire.Version, order.Version)
		_ = e.channel.Send(wire.KindLoadFailed, contract.NewError(contract.LoadFailed, message))
		return
	}
	target, err := invoke.NewTarget(e.handlers, order.Handler, order.Signature)
	if err != nil {
		_ = e.channel.Send(wire.KindLoadFailed, contract.AsError(err))
		return
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if order.MemoryLimitBytes > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(float64(order.MemoryLimitBytes) * memoryHeadroom))
	}
	front := invoke.NewFront(order, target, e.page, host{e.channel}, e.journal)
	e.front = &front
	_ = e.channel.Send(wire.KindLoaded, wire.Loaded{InitMs: float64(time.Since(started).Microseconds()) / 1000})
}

// take takes a connection before its first byte is read.
func (e *executor) take(frame wire.Frame) {
	var order wire.Connection
	if frame.File == nil || json.Unmarshal(frame.Payload, &order) != nil || e.front == nil {
		return
	}
	conn, err := net.FileConn(frame.File)
	_ = frame.File.Close()
	tcp, ok := conn.(*net.TCPConn)
	// At no moment may the supervisor see that we have nothing.
	e.page.Connections.Add(1)
	_ = e.channel.Send(wire.KindTook, order)
	if err != nil || !ok {
		// The other side had closed before it came through the channel.
		e.page.Connections.Add(-1)
		host{e.channel}.Free()
		return
	}
	e.front.Take(tcp)
}

// host reports to the supervisor. A failed report means that the supervisor is gone, which ends us.
type host struct{ channel *wire.Channel }

func (h host) TimedOut() { _ = h.channel.Send(wire.KindTimedOut, nil) }
func (h host) Begun()    { _ = h.channel.Send(wire.KindBegun, nil) }
func (h host) Free()     { _ = h.channel.Send(wire.KindFree, nil) }

func (h host) Started(requestID, method string, deadline time.Duration) {
	_ = h.channel.Send(wire.KindStarted, wire.Started{RequestID: requestID, Method: method, DeadlineInMs: deadline.Milliseconds()})
}
